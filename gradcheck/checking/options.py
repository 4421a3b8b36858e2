"""The arguments of ``check``, read and refused at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Integral
from typing import Any, cast, final

from torch import nn

from gradcheck.checking.conditions.base import COMPLETE, CONDITIONS, GROUPS, STEPS
from gradcheck.checking.conditions.true_gradients import Objective
from gradcheck.checking.expectation.loss_gradient import AnyLoss, num_arguments
from gradcheck.checking.probes.probe_policy import RETURNS
from gradcheck.checking.probes.subjects import AbstractSubject, Battery, Given
from gradcheck.checking.verdict import Verdict
from gradcheck.tree.errors import invalid
from gradcheck.tree.rationals import as_rational, number
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.tree_size import size_of
from gradcheck.tree.validation.arguments import discount_of

_COLLECTS = {"episodes": COMPLETE, "steps": STEPS, "groups": GROUPS}
_LEAST = (Verdict.UNBIASED, Verdict.PROPORTIONAL, Verdict.CONSISTENT)


@final
@dataclass(frozen=True, eq=False)
class Request:
    """What was asked, every part of it usable.

    Attributes:
        loss: the loss.
        subject: who plays what.
        batch: N, or (k, g).
        accept: the least verdict that passes.
        conditions: that decide the verdict.
        objective: what is maximised, where that is not the expected return.
        discount: of the probes under ``discounted``.
        learning_rate: of an optimiser that the loss makes for itself.
        max_batches: the most that are enumerated in one setting.
        draws: the most that are sampled, where they cannot be enumerated; None refuses such losses.
        seed: of the battery and of everything else that is random.
    """

    loss: AnyLoss = field(repr=False)
    subject: AbstractSubject = field(repr=False)
    batch: int | tuple[int, int]
    accept: Verdict
    conditions: tuple[str, ...]
    objective: Objective | None
    discount: Fraction
    learning_rate: float | None
    max_batches: int
    draws: int | None
    seed: int

    @property
    def groups(self) -> int:
        """How many groups there are in a batch of groups."""
        return self.batch[0] if isinstance(self.batch, tuple) else 2

    def size(self, condition: str) -> int:
        """N, the number of episodes in a batch, or of steps in a buffer."""
        if isinstance(self.batch, tuple):
            return self.batch[0] * self.batch[1]
        return self.groups * max(2, self.batch // 2) if condition == GROUPS else self.batch


def read_request(
    loss: Any,
    game: Any,
    policy: Any,
    *,
    batch: object,
    accept: object,
    conditions: object,
    collect: object,
    objective: Any,
    behaviour: Any,
    discount: object,
    learning_rate: object,
    max_batches: object,
    draws: object,
    seed: object,
) -> Request:
    """Read the arguments of ``check``.

    Raises:
        InvalidArgument: if one of them cannot be used.
    """
    if isinstance(loss, type) or not callable(loss):
        hint = "It is a class: make an object of it." if isinstance(loss, type) else ""
        raise invalid("a function loss(policy, episodes)", "loss", loss, hint)
    needed = num_arguments(loss)
    if needed is not None and needed not in (2, 3):
        hint = f"It takes {needed}. Give the others values with functools.partial."
        raise invalid("a function of two arguments, loss(policy, episodes)", "loss", loss, hint)
    if accept not in _LEAST:
        raise invalid(f"one of {', '.join(_LEAST)}", "accept", accept)
    if objective is not None and not callable(objective):
        raise invalid("a function objective(policy, episode)", "objective", objective)
    if learning_rate is not None and float(number(learning_rate, "learning_rate")) <= 0:
        raise invalid("a learning rate above 0", "learning_rate", learning_rate)
    factor = as_rational(discount_of(discount))
    return Request(
        loss=loss,
        subject=_subject(game, policy, behaviour, _whole(seed, "seed", 0), _whole(max_batches, "max_batches", 1)),
        batch=_batch(batch),
        accept=Verdict(accept),
        conditions=_conditions(conditions, collect),
        objective=cast(Any, objective),
        discount=factor,
        learning_rate=None if learning_rate is None else float(number(learning_rate, "learning_rate")),
        max_batches=_whole(max_batches, "max_batches", 1),
        draws=None if draws is None else _whole(draws, "draws", 1),
        seed=_whole(seed, "seed", 0),
    )


def _subject(game: Any, policy: Any, behaviour: Any, seed: int, most: int) -> AbstractSubject:
    if game is None:
        if behaviour is not None:
            raise invalid(
                "a game where a behaviour policy is given", "behaviour", behaviour, "Its table is for a game."
            )
        if policy is None:
            policy = "logits"
        if isinstance(policy, str):
            if policy not in RETURNS:
                raise invalid(f"one of {', '.join(RETURNS)}, where no game is given", "policy", policy)
            return Battery(seed, policy)
        if isinstance(policy, nn.Module | Mapping) or not callable(policy):
            hint = "Give the game it plays; or a function policy(observation_size, num_actions) that makes one."
            raise invalid("a game where a policy is given", "policy", policy, hint)
        return Battery(seed, cast(Any, policy))
    tree = unroll(game)
    episodes = size_of(tree).episodes
    if episodes > most:
        hint = f"Every episode is listed: the game has {episodes:,} different ones. Give a smaller horizon."
        raise invalid(f"a game of at most {most:,} episodes", "game", game, hint)
    if isinstance(policy, str):
        hint = "A game that is given needs a table, an nn.Module or a function that makes one."
        raise invalid("a policy for the game", "policy", policy, hint)
    if not (policy is None or isinstance(policy, nn.Module | Mapping) or callable(policy)):
        raise invalid("a table, an nn.Module or a function that makes one", "policy", policy)
    return Given(tree, cast(Any, policy), behaviour, seed)


def _batch(batch: object) -> int | tuple[int, int]:
    if isinstance(batch, tuple) and len(batch) == 2:
        return _whole(batch[0], "batch[0]", 1), _whole(batch[1], "batch[1]", 1)
    if isinstance(batch, tuple | list):
        raise invalid("a number of episodes, or (groups, episodes in each)", "batch", batch)
    return _whole(batch, "batch", 1)


def _conditions(conditions: object, collect: object) -> tuple[str, ...]:
    if collect is not None:
        if collect not in _COLLECTS:
            raise invalid(f"one of {', '.join(_COLLECTS)}", "collect", collect)
        if conditions is not None:
            hint = f'collect="{collect}" means conditions=("{_COLLECTS[str(collect)]}",).'
            raise invalid("either conditions or collect", "conditions", conditions, hint)
        return (_COLLECTS[str(collect)],)
    if conditions is None:
        return (COMPLETE,)
    names = (conditions,) if isinstance(conditions, str) else conditions
    if not isinstance(names, Sequence) or not names:
        raise invalid(f"one or more of {', '.join(CONDITIONS)}", "conditions", conditions)
    for name in names:
        if name not in CONDITIONS:
            raise invalid(f"conditions among {', '.join(CONDITIONS)}", "conditions", name)
    return tuple(dict.fromkeys(names))


def _whole(value: object, name: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise invalid(f"a whole number, {least} or more", name, value)
    return int(value)
