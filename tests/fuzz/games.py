"""Choices → a small game and its policies, as Python text."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import final

from tests.fuzz.choices import Choices

_REWARDS: dict[str, tuple[str, ...]] = {
    "zero_or_one": ("0", "1"),
    "whole": ("0", "1", "-1", "2", "3", "-4", "5", "-6"),
    "fractions": ("0", "1", "1/2", "-3/4", "5/2", "-7/4", "1/4"),
    "large": ("0", "1", "30", "-60", "-8", "101/2"),
    "bonus": ("1000", "1001", "998", "2001/2"),
    "tenths": ("0", "1", "1/10", "-3/10", "7/10", "23/10"),
}
_EXACT = tuple(kind for kind in _REWARDS if kind != "tenths")  # their sums and differences are exact in binary
_PLACES = (("0.0", "1.0", "2.0", "3.0"), ("-1.5", "0.5", "2.0", "1.25"), ("1.0", "-3.0", "0.25", "0.0"))
_WEIGHTS = tuple(str(quarter / 4) for quarter in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6))


@final
@dataclass(frozen=True)
class GameText:
    """A game in words.

    Attributes:
        text: Python that makes ``game``.
        observations: of each information set, as Python text.
        legal: of each information set, the actions.
        num_actions: A.
        width: D, numbers in an observation.
        num_starts: with a probability above 0.
        discount: γ.
        features: what it has, for the statistics.
    """

    text: str
    observations: tuple[str, ...]
    legal: tuple[tuple[int, ...], ...]
    num_actions: int
    width: int
    num_starts: int
    discount: Fraction
    features: frozenset[str] = field(default=frozenset())


def a_game(choices: Choices, *, exact: bool, discounted: bool, most_steps: int = 4) -> GameText:
    """A game of at most four steps.

    Args:
        choices: decide everything.
        exact: whether sums of rewards have to be exact in binary, for losses that jump.
        discounted: whether γ < 1.
        most_steps: of an episode, if it is fewer than were drawn.
    """
    depth = min(choices.pick("game.depth", (1, 2, 2, 3, 3, 4)), most_steps)
    num_actions = choices.pick("game.actions", (2, 3, 4), simple=0.65)
    num_starts = choices.pick("game.starts", (1, 2, 3), simple=0.55)
    kind = choices.pick("game.rewards", _EXACT if exact else tuple(_REWARDS))
    discounts = ((1, 2), (1, 4)) if exact else ((9, 10), (1, 2), (0, 1), (99, 100))
    discount = Fraction(*choices.pick("game.discount", discounts)) if discounted else Fraction(1)
    levels, number = [], 0
    for level in range(depth):
        width = num_starts if level == 0 else choices.pick(f"game.width.{level}", (1, 2), simple=0.7)
        levels.append(list(range(number, number + width)))
        number += width
    again = choices.pick("game.again", (False, True), simple=0.75)
    places = choices.pick("game.places", _PLACES)
    wide = choices.pick("game.wide", (False, True), simple=0.6)
    seen = [choices.pick(f"game.seen.{state}", (min(state, 3), 0, 1), simple=0.75) for state in range(number)]
    infosets = sorted(set(seen))
    observations = {i: f"({places[i]}, {1.0 - i % 2})" if wide else f"({places[i]},)" for i in infosets}
    some_illegal = choices.pick("game.illegal", (False, True), simple=0.85)
    legal = {}
    for i in infosets:
        # Where the player starts first, everything is legal: there is always something to decide.
        often = some_illegal and i != seen[0]
        illegal = choices.pick(f"game.illegal.{i}", (None, *range(num_actions))) if often else None
        legal[i] = tuple(action for action in range(num_actions) if action != illegal)
    rows, chance, edges = [], False, {}
    for level, states in enumerate(levels):
        for state in states:
            later = levels[level + 1] if level + 1 < depth else []
            row = []
            for action in legal[seen[state]]:
                outcomes = _outcomes(choices, f"game.{state}.{action}", state, later, _REWARDS[kind], again=again)
                chance = chance or len(outcomes) > 1
                edges.setdefault(state, set()).update(target for target, _ in outcomes)
                row.append(f"{action}: [{', '.join(text for _, text in outcomes)}]")
            rows.append(f"    {state}: {{{', '.join(row)}}},")
    odds = [choices.pick(f"game.start.{start}", (1, 2, 3)) for start in range(num_starts)]
    starts = ", ".join(f'{start}: "{odd}/{sum(odds)}"' for start, odd in enumerate(odds))
    met = now = set(range(num_starts))
    for _ in range(depth - 1):
        now = {target for state in now for target in edges[state] if target is not None}
        met = met | now
    infosets = sorted({seen[state] for state in met})
    by_state = ", ".join(f"{state}: {observations[seen[state]]}" for state in range(number))
    lines = [
        "game = TabularGame(",
        "    {",
        *(f"    {row}" for row in rows),
        "    },",
        f"    start={{{starts}}},",
        f"    horizon={depth},",
        f"    observations={{{by_state}}},",
        f'    discount="{discount}",',
        ")",
    ]
    features = {
        "several starts": num_starts > 1,
        "an observation in several places": again or len(infosets) < len(met),
        "chance": chance,
        "illegal actions": some_illegal,
        "three or four steps": depth > 2,
        "three or four actions": num_actions > 2,
        f"rewards: {kind}": True,
    }
    return GameText(
        "\n".join(lines),
        tuple(observations[i] for i in infosets),
        tuple(legal[i] for i in infosets),
        num_actions,
        1 + wide,
        num_starts,
        discount,
        frozenset(name for name, present in features.items() if present),
    )


def _outcomes(
    choices: Choices, name: str, state: int, later: list[int], rewards: tuple[str, ...], *, again: bool
) -> list[tuple[int | None, str]]:
    """Of one action: where it leads, None for the end, and the outcome in words."""
    on = [*later, *([state] if again else [])]
    targets = [choices.pick(f"{name}.to", (None, *on), simple=0.35 if on else 1.0)]
    shares = [Fraction(1)]
    if choices.pick(f"{name}.chance", (False, True), simple=0.88):
        targets.append(choices.pick(f"{name}.or", (None, *on)))
        share = choices.pick(f"{name}.share", (Fraction(1, 2), Fraction(1, 3), Fraction(3, 4)))
        shares = [share, 1 - share]
    outcomes = []
    for number, (target, share) in enumerate(zip(targets, shares, strict=True)):
        reward = choices.pick(f"{name}.reward.{number}", rewards)
        end = '"end"' if target is None else target
        outcomes.append((target, f'("{share}", {end}, "{reward}", {target is None})'))
    return outcomes


@final
@dataclass(frozen=True)
class PolicyText:
    """Python text that makes ``policy``, and ``behaviour`` where there is one.

    Attributes:
        text: Python.
        kind: for the statistics.
        coarse: whether it computes in float32.
    """

    text: str
    kind: str
    coarse: bool


def a_policy(choices: Choices, game: GameText, *, exact: bool) -> PolicyText:
    """A table with rational probabilities, a linear layer, or a small network.

    Args:
        choices: decide everything.
        game: that it plays.
        exact: whether it has to compute in float64, for losses that jump.
    """
    kind = choices.pick("policy.kind", ("table", "linear", "network"), simple=0.6)
    if kind == "table":
        return PolicyText(f"policy = {_table(choices, 'policy', game)}", kind, coarse=False)
    coarse = not exact and choices.pick("policy.float32", (False, True), simple=0.7)
    dtype = "torch.float32" if coarse else "torch.float64"
    if kind == "linear":
        lines = [f"policy = nn.Linear({game.width}, {game.num_actions}, dtype={dtype})"]
        shapes = {"weight": (game.num_actions, game.width), "bias": (game.num_actions,)}
    else:
        hidden = choices.pick("policy.hidden", (1, 2, 3))
        layers = f"nn.Linear({game.width}, {hidden}), nn.Tanh(), nn.Linear({hidden}, {game.num_actions})"
        lines = [f"policy = nn.Sequential({layers}).to({dtype})"]
        shapes = {"0.weight": (hidden, game.width), "0.bias": (hidden,)}
        shapes |= {"2.weight": (game.num_actions, hidden), "2.bias": (game.num_actions,)}
    sharp = choices.pick("policy.sharp", (1, 8), simple=0.9)
    values = {}
    for name, shape in shapes.items():
        drawn = [choices.pick(f"policy.{name}.{place}", _WEIGHTS) for place in range(math.prod(shape))]
        if name.endswith("bias") and shape == (game.num_actions,) and sharp > 1:
            drawn[0] = str(float(drawn[0]) + sharp)
        values[name] = drawn
    written = ", ".join(
        f'"{name}": torch.tensor([{", ".join(drawn)}]).reshape({shapes[name]})' for name, drawn in values.items()
    )
    return PolicyText("\n".join([*lines, f"policy.load_state_dict({{{written}}})"]), kind, coarse=coarse)


def a_behaviour(choices: Choices, game: GameText) -> str:
    """Python text that makes ``behaviour``: a table."""
    return f"behaviour = {_table(choices, 'behaviour', game)}"


def _table(choices: Choices, name: str, game: GameText) -> str:
    sharp = choices.pick(f"{name}.sharp", (1, 1000, 10**7), simple=0.92)
    rows = []
    for number, (observation, legal) in enumerate(zip(game.observations, game.legal, strict=True)):
        odds = {action: choices.pick(f"{name}.{number}.{action}", (1, 2, 3, 4, 5)) for action in legal}
        odds[legal[0]] *= sharp
        row = [f"F({odds.get(action, 0)}, {sum(odds.values())})" for action in range(game.num_actions)]
        rows.append(f"{observation}: [{', '.join(row)}]")
    return f"TabularPolicy(game, {{{', '.join(rows)}}})"
