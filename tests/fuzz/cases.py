"""Choices → a case: a game, its policies, a loss, and how batches are collected, as one Python script that is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, final

from tests.fuzz.choices import Choices
from tests.fuzz.games import a_behaviour, a_game, a_policy
from tests.fuzz.losses import LossText, a_loss

#: Batches of a case, all orders counted: brute force evaluates the loss on each of them.
FEW, MANY = 80, 500

_IMPORTS = """\
from fractions import Fraction as F

import torch
from torch import nn

from gradcheck import TabularGame, TabularPolicy, check
"""

#: Sizes of batches, the smallest first.
_SIZES: dict[str, tuple[Any, ...]] = {
    "complete_episodes": (1, 2, 3, 4),
    "groups": ((1, 2), (2, 1), (2, 2), (3, 1), (1, 3), (2, 3), (1, 4)),
    "fixed_steps": (2, 3, 4, 5, 6),
    "micro_batches": (2, 4, 3),
    "groups + micro_batches": ((2, 1), (2, 2), (3, 1), (2, 3)),
}
#: (condition, how batches are collected, who samples, whether the game has a discount: None leaves it open.)
_SETTINGS: tuple[tuple[str, str, str, bool | None], ...] = (
    *[("complete_episodes", "complete_episodes", "policy", None)] * 8,
    *[("discounted", "complete_episodes", "policy", True)] * 2,
    *[("groups", "groups", "policy", None)] * 3,
    *[("fixed_steps", "fixed_steps", "policy", False)] * 3,
    *[("moved_parameters", "complete_episodes", "before", None)] * 2,
    *[("complete_episodes", "complete_episodes", "behaviour", None)] * 2,
    ("groups", "groups", "behaviour", None),
    ("fixed_steps", "fixed_steps", "behaviour", False),
    ("micro_batches", "micro_batches", "policy", None),
    ("groups + moved_parameters", "groups", "before", None),
    ("groups + discounted", "groups", "policy", True),
    ("groups + micro_batches", "groups", "policy", None),
    ("fixed_steps + moved_parameters", "fixed_steps", "before", False),
    ("discounted + moved_parameters", "complete_episodes", "before", True),
)


@final
@dataclass(frozen=True, eq=False)
class Case:
    """Everything about one run.

    Attributes:
        choices: what it follows from.
        collection: "complete_episodes", "groups", "fixed_steps" or "micro_batches".
        sampler: "policy", "behaviour", or "before": the policy before its parameters moved.
        condition: of ``check``.
        reference: of ``check``.
        batch: N, or (k, g).
        loss: in words.
        script: Python that defines game, policy, loss and ends with the check.
        exact_script: the same with nothing in float32.
        causes: whether the causes that are named are compared, too; finding them takes longest.
        coarse: whether the script computes anything in float32.
        features: for the statistics.
    """

    choices: Choices
    collection: str
    sampler: str
    condition: str
    reference: str
    batch: int | tuple[int, int]
    loss: LossText
    script: str
    exact_script: str
    causes: bool
    coarse: bool
    features: tuple[str, ...]

    @property
    def setting(self) -> str:
        """The condition, and whether another policy samples."""
        return f"{self.condition}, behaviour" if self.sampler == "behaviour" else self.condition

    @property
    def is_split(self) -> bool:
        """Whether the gradients of two halves of a batch are averaged."""
        return "micro_batches" in self.condition

    @property
    def options(self) -> dict[str, Any]:
        """Of ``check``, but for the policy that samples."""
        return {
            "batch": self.batch,
            "conditions": self.condition,
            "reference": self.reference,
            "counterexample": False,
            "all_conditions": False,
        }


def a_case(choices: Choices) -> Case:
    """The case that these choices lead to."""
    condition, collection, sampler, discounted = choices.pick("setting", _SETTINGS)
    off_policy = sampler != "policy"
    reference = choices.pick("reference", ("return", "stepwise"), simple=0.85) if off_policy else "return"
    if discounted is None:
        discounted = choices.pick("discounted", (False, True), simple=0.85)
    policy_is_table = choices.pick("policy.kind", ("table", "linear", "network"), simple=0.6) == "table"
    most = choices.pick("most", (FEW, MANY), simple=0.97)
    for most_steps in (4, 3, 2, 1):
        # A loss that jumps wants exact sums, which the game provides; the loss wants to know the game. So twice.
        game = a_game(choices, exact=False, discounted=discounted, most_steps=most_steps)
        loss = a_loss(choices, game, off_policy=off_policy, table=policy_is_table)
        game = a_game(choices, exact=loss.jumps, discounted=discounted, most_steps=most_steps)
        played = _defined("\n".join([_IMPORTS, game.text]))["game"]
        sizes = _SIZES.get(condition, _SIZES[collection])
        if _count(played, collection, sizes[0], most) <= most:
            break
    loss = a_loss(choices, game, off_policy=off_policy, table=policy_is_table)
    policy = a_policy(choices, game, exact=loss.jumps)
    texts = [_IMPORTS, game.text, policy.text]
    if sampler == "behaviour":
        texts.append(a_behaviour(choices, game))
    batch = _largest(choices, played, collection, sizes, most)
    options = [f"batch={batch}", f'conditions="{condition}"']
    options += ["behaviour=behaviour"] if sampler == "behaviour" else []
    options += ['reference="stepwise"'] if reference == "stepwise" else []
    options += ["counterexample=False", "all_conditions=False"]
    call = f"print(check(loss, game, policy, {', '.join(options)}))"
    features = {f"policy: {policy.kind}", *game.features, *(f"{kind}: {what}" for kind, what in loss.parts.items())}
    features |= {"reference: stepwise"} if reference == "stepwise" else set()
    features |= {"discount"} if discounted else set()
    features |= {"float32"} if policy.coarse or loss.coarse else set()
    features |= {"nearly deterministic"} if choices.made.get("policy.sharp") else set()
    return Case(
        choices=choices,
        collection=collection,
        sampler=sampler,
        condition=condition,
        reference=reference,
        batch=batch,
        loss=loss,
        script="\n".join([*texts, "", "", loss.text, "", "", call, ""]),
        exact_script="\n".join([*texts, loss.exact]).replace("torch.float32", "torch.float64"),
        causes=choices.pick("causes", (False, True), simple=0.95),
        coarse=policy.coarse or loss.coarse,
        features=tuple(sorted(features)),
    )


def defined(case: Case, *, exact: bool) -> dict[str, Any]:
    """What the script defines: game, policy, loss, perhaps behaviour; without running the check.

    Args:
        case: whose script it is.
        exact: whether nothing is to be rounded to float32.
    """
    return _defined(case.exact_script if exact else case.script.rsplit("print(check(", 1)[0])


def _defined(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "<a random case>", "exec"), names)
    return names


def _largest(choices: Choices, game: Any, collection: str, sizes: tuple[Any, ...], most: int) -> Any:
    """The batch size that was drawn, or the largest below it with few enough batches."""
    chosen = sizes[0]
    drawn = choices.pick("batch", (*sizes[1:2], *sizes[:1], *sizes[2:]))
    for size in sorted(sizes, key=_number):
        if _number(size) <= _number(drawn) and _count(game, collection, size, most) <= most:
            chosen = size
    return drawn if _count(game, collection, drawn, most) <= most else chosen


def _number(size: int | tuple[int, int]) -> int:
    return size if isinstance(size, int) else size[0] * size[1]


def _count(game: Any, collection: str, size: int | tuple[int, int], most: int) -> int:
    """How many batches there are; at most a little more than ``most``."""
    if isinstance(size, tuple):
        groups, members = size
        return sum(_episodes(game, state, 0, None) ** members for _, state in game.starts()) ** groups
    if collection == "fixed_steps":
        return sum(1 for _ in islice(_buffers(game, size), most + 1))
    return sum(_episodes(game, state, 0, None) for _, state in game.starts()) ** size


def _episodes(game: Any, state: Any, time: int, left: int | None) -> int:
    return sum(1 for _ in _lengths(game, state, time, left))


def _lengths(game: Any, state: Any, time: int, left: int | None) -> Iterator[int]:
    """The number of steps of every episode from a state on, cut after ``left`` more."""
    for action in game.legal_actions(state):
        for _, target, _, terminated in game.step(state, action):
            if terminated or time + 1 == game.horizon or left == 1:
                yield 1
            else:
                rest = _lengths(game, target, time + 1, None if left is None else left - 1)
                yield from (1 + length for length in rest)


def _buffers(game: Any, left: int) -> Iterator[None]:
    if left == 0:
        yield None
        return
    for _, state in game.starts():
        for length in _lengths(game, state, 0, left):
            yield from _buffers(game, left - length)


Loss = Callable[[Any, Any], Any]
