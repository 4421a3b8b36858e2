"""Choices → a loss: score × weight − baseline, normalised, masked, clipped, averaged, plus a term; as Python text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from tests.fuzz.choices import Choices
from tests.fuzz.games import GameText
from tests.fuzz.loss_parts import (
    AVERAGES,
    BASELINES,
    CLIPS,
    DEFINITIONS,
    ENDS,
    FACTORS,
    JUMPS,
    LOOPS,
    MASKS,
    NORMALISERS,
    OFF_POLICY,
    ON_POLICY,
    ORDERED,
    ORDERS,
    PRECISIONS,
    ROUNDING,
    SCALES,
    SCORES,
    SIZES,
    TERMS,
    WEIGHTS,
)


@final
@dataclass(frozen=True)
class LossText:
    """A loss in words.

    Attributes:
        text: Python that defines ``loss``.
        exact: the same with nothing rounded to float32.
        parts: {kind of choice: what was chosen}, but for the simplest.
        coarse: whether anything is rounded to float32.
        ordered: whether it may depend on the order of episodes.
        jumps: whether it jumps where something crosses a bound.
        by_size: whether batches are treated by their size.
        scale: what all of it is multiplied with, without its sign.
    """

    text: str
    exact: str
    parts: Mapping[str, str]
    coarse: bool
    ordered: bool
    jumps: bool
    by_size: bool
    scale: float


def a_loss(choices: Choices, game: GameText, *, off_policy: bool, table: bool) -> LossText:
    """A loss that is right as long as everything chosen is the simplest.

    Args:
        choices: decide everything.
        game: on which it is to be defined.
        off_policy: whether another policy samples.
        table: whether the policy leaves out illegal actions by itself.
    """
    parts: dict[str, str] = {}

    def part(kind: str, options: tuple[str, ...], simple: float) -> str:
        chosen = choices.pick(f"loss.{kind}", options, simple)
        if chosen != options[0]:
            parts[kind] = chosen
        return chosen

    # Most losses have one or two peculiarities, some have many: right ones should not be rare.
    tame = choices.pick("loss.tame", (0.93, 0.93, 0.85, 0.7))
    score = part("score", OFF_POLICY if off_policy else ON_POLICY, 0.9 * tame)
    weights = part("weights", (*WEIGHTS, *LOOPS), 0.9 * tame)
    factor = part("factors", tuple(FACTORS), 0.9 * tame if game.discount != 1 else 1.0)
    baseline = part("baseline", tuple(BASELINES), 0.8 * tame)
    normaliser = part("normaliser", tuple(NORMALISERS), tame)
    clip = part("clip", tuple(CLIPS), tame)
    mask = part("mask", tuple(MASKS), tame)
    order = part("order", tuple(ORDERS), tame)
    average = part("average", tuple(AVERAGES), 0.9 * tame)
    term = part("term", tuple(TERMS), tame)
    precision = part("precision", tuple(PRECISIONS), 0.92)
    scale = part("scale", tuple(SCALES), 0.9)
    detach = part("detach", ("weights", "missing"), 0.85)
    clipped_surrogate = part("surrogate", ("product", "ppo"), 0.4 if score == "step_ratio" else 1.0)
    masked = part("illegal", ("masked", "not_masked"), 0.85) == "masked" or table
    end = part("end", tuple(ENDS), 0.93)

    place, rounding = PRECISIONS[precision]
    has_illegal = any(len(legal) < game.num_actions for legal in game.legal)
    if not has_illegal or table:
        parts.pop("illegal", None)
    lines = ["logits = policy(episodes.observations)"]
    lines += [rounding] if place == "logits" else []
    lines += ["logits = logits.masked_fill(~episodes.legal_actions, -torch.inf)"] if has_illegal and masked else []
    lines += ["log_probs = logits.log_softmax(-1)"]
    lines += ["taken = log_probs.gather(1, episodes.actions[:, None]).squeeze(1)"]
    lines += [rounding] if place == "score" else []
    lines += [f"weights = {WEIGHTS[weights]}" if weights in WEIGHTS else LOOPS[weights]]
    lines += [FACTORS[factor]] if game.discount != 1 else []
    lines += [BASELINES[baseline], NORMALISERS[normaliser], CLIPS[clip]]
    keep = [MASKS[mask], ORDERS[order]]
    kept = "keep" in "".join([*keep, AVERAGES[average]])
    lines += ["keep = torch.ones_like(episodes.rewards)"] if kept else []
    lines += keep
    lines += [rounding] if place == "weights" else []
    if {"taken", "entropy"} & _names(BASELINES[baseline]):
        lines += ["weights = weights.detach()"] if detach == "weights" else []
    else:
        parts.pop("detach", None)
    lines += [f"score = {SCORES[score]}"]
    if clipped_surrogate == "ppo":
        lines += ["terms = torch.minimum(score * weights, score.clamp(0.803, 1.203) * weights)"]
    else:
        lines += ["terms = score * weights"]
    lines += ["terms = terms * keep"] if kept else []
    lines += [rounding] if place == "terms" else []
    factor_text = "" if SCALES[scale] == 1 else f"{SCALES[scale]!r} * "
    lines += [f"loss = -{AVERAGES[average]}", TERMS[term]]
    lines += [f"loss = {factor_text}loss"] if factor_text else []
    lines += [ENDS[end]]
    body = [line for text in lines for line in textwrap.dedent(text).strip().splitlines() if line]
    text = _function(_with_definitions(body))
    chosen = set(parts.values())
    return LossText(
        text=_rounded(text, 0),
        exact=_rounded(text, 1),
        parts=parts,
        coarse=any(word in text for word in ROUNDING),
        ordered=bool(chosen & ORDERED),
        jumps=bool(chosen & JUMPS),
        by_size=bool(chosen & SIZES),
        scale=abs(SCALES[scale]),
    )


def _with_definitions(body: list[str]) -> list[str]:
    """What is used is defined first, right after the log-probabilities of the actions taken."""
    needed: list[str] = []
    words = " ".join(body)
    for name, line in reversed(DEFINITIONS.items()):
        if name in _names(words):
            needed.insert(0, line)
            words += f" {line}"
    first = next(number for number, line in enumerate(body) if line.startswith("taken = log_probs")) + 1
    if first < len(body) and body[first].startswith("taken ="):
        first += 1
    return [*body[:first], *needed, *body[first:]]


def _names(text: str) -> set[str]:
    plain = "".join(letter if letter.isalnum() or letter in "_." else " " for letter in text)
    return {word.split(".")[0] for word in plain.split()}


def _function(body: list[str]) -> str:
    return "\n".join(["def loss(policy, episodes):", *(f"    {line}" for line in body)])


def _rounded(text: str, which: int) -> str:
    for word, texts in ROUNDING.items():
        text = text.replace(word, texts[which])
    return text
