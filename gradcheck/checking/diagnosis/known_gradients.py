"""The expected gradients of the known mistakes in a setting, on batches small enough that all are worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias, final

import torch
from torch import Tensor

from gradcheck.causes.cause import Cause, Term
from gradcheck.checking.comparison import COARSE, FINE
from gradcheck.checking.conditions.base import (
    COMPLETE,
    CONDITIONS,
    DISCOUNTED,
    GROUPS,
    MICRO,
    MOVED,
    STEPS,
    Setting,
    settings_of,
)
from gradcheck.checking.diagnosis.mistake_table import Hypotheses
from gradcheck.checking.expectation.enumerated import Expectation
from gradcheck.checking.expectation.examination import Examination, Observed
from gradcheck.checking.options import Request
from gradcheck.checking.probes.subjects import AbstractSubject, Battery
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.rationals import as_rational

Mistakes: TypeAlias = "tuple[Cause, ...] | tuple[Term, ...]"

_TELLING = ("unequal_lengths", "chance")  # probes on which few mistakes look alike
_FEW = 64  # batches of a game that is not the battery's: each is given to every mistake
_MOST_BATCHES = 5_000  # of a mistake at the size asked for; or as many as the loss itself has


def features_of(setting: Setting) -> frozenset[str]:
    """What the setting has of ``causes.cause.FEATURES``."""
    play, name = setting.play, setting.condition.name
    with torch.no_grad():
        episodes = setting.collector.every.episodes
        answer = play.policy(episodes.observations)
    has = {
        "discount": play.tree.game.discount != 1,
        "off_policy": play.behaviour is not None,
        "groups": name == GROUPS,
        "cut": name == STEPS,
        "critic": isinstance(answer, tuple),
        "illegal": not play.tree.legal_actions.all(),
        "parts": name == MICRO,
    }
    return frozenset(feature for feature, present in has.items() if present)


@final
@dataclass(frozen=True, eq=False)
class OnSmallBatches:
    """A loss in one setting, on batches small enough that all known mistakes are worked out on them, too.

    Attributes:
        examination: of the loss.
        size: of the batches.
        subject: who plays in the setting.
        request: what was asked.
    """

    examination: Examination
    size: int
    subject: AbstractSubject
    request: Request

    @property
    def found(self) -> Expectation:
        """Of the loss."""
        return self.examination.whole(self.size)

    @property
    def truth(self) -> Tensor:
        """[P] the true gradient."""
        return self.examination.references(self.size)[0].gradient

    @property
    def tolerance(self) -> float:
        """The rounding error of both."""
        return tolerance_of(self.examination, self.found.size, self.truth)

    def table(self, mistakes: Mistakes) -> tuple[Tensor | None, ...]:
        """[P] the expected gradient of every mistake."""
        setting = self.examination.setting
        ordered = setting.condition.name != GROUPS or self.examination.ordered
        if not (isinstance(self.subject, Battery) and isinstance(self.subject.policy, str)):
            return _gradients(setting, self.size, ordered, mistakes)
        return _known(
            seed=self.subject.seed,
            policy=self.subject.policy,
            condition=setting.condition.name,
            probe=setting.play.name,
            groups=self.request.groups,
            discount=self.request.discount,
            size=self.size,
            ordered=ordered,
            mistakes=mistakes,
        )


def on_small_batches(request: Request, observed: Sequence[Observed]) -> tuple[OnSmallBatches, ...]:
    """Where the known mistakes are told apart: on two probes of the battery, whose gradients are known beforehand.

    A loss that was checked on a game of its own plays the battery for this, under the same condition; where it cannot,
    its own game will do if it is small. Nothing at all, where it is not.
    """
    if isinstance(request.subject, Battery):
        few = sorted(observed, key=lambda one: one.setting.play.name not in _TELLING)[:2]
        return tuple(OnSmallBatches(one.examination, small_size(one), request.subject, request) for one in few)
    first = observed[0]
    play, name = first.setting.play, first.setting.condition.name
    if name == COMPLETE and play.behaviour is not None:
        name = MOVED
    if name == COMPLETE and play.tree.game.discount != 1:
        name = DISCOUNTED
    factor = as_rational(play.tree.game.discount) if name == DISCOUNTED else request.discount
    asked = replace(request, subject=Battery(request.seed, "logits"), discount=factor)
    rules = CONDITIONS[name]
    settings = settings_of(rules, asked.subject, groups=asked.groups, discount=factor, seed=asked.seed)
    few = sorted(settings, key=lambda one: one.play.name not in _TELLING)[:2]
    found = [
        OnSmallBatches(first.examination.elsewhere(setting), small_size(first), asked.subject, asked) for setting in few
    ]
    try:
        for one in found:
            one.examination.begin(first.size)
            one.found  # noqa: B018 - whether it can be worked out
    except Exception:  # a loss may be made for its own game alone
        small = OnSmallBatches(first.examination, small_size(first), request.subject, request)
        few_enough = first.setting.collector.count(small.size, ordered=True) <= _FEW
        return (small,) if few_enough else ()
    return tuple(found)


@lru_cache(maxsize=32)
def _known(
    *,
    seed: int,
    policy: str,
    condition: str,
    probe: str,
    groups: int,
    discount: Fraction,
    size: int,
    ordered: bool,
    mistakes: Mistakes,
) -> tuple[Tensor | None, ...]:
    """The same for the battery, once for all the losses that are checked on it."""
    return _gradients(
        _setting(seed=seed, policy=policy, condition=condition, probe=probe, groups=groups, discount=discount),
        size,
        ordered,
        mistakes,
    )


def _gradients(setting: Setting, size: int, ordered: bool, mistakes: Mistakes) -> tuple[Tensor | None, ...]:
    features = features_of(setting)
    every = Hypotheses(setting, size, ordered=ordered)
    many = setting.collector.count(size, ordered=ordered) > _FEW
    found: list[Tensor | None] = []
    seen: set[str] = set()
    for one in mistakes:
        # On many batches only what is about this very setting is asked in all its forms.
        needs = one.needs if isinstance(one, Cause) else frozenset()
        asked = needs <= features and (not many or bool(needs) or one.name not in seen)
        found.append(every.expected(one) if asked else None)
        seen.add(one.name)
    return tuple(found)


def small_size(observed: Observed) -> int:
    """Two episodes, where batches are made of N single ones: most causes are ruled out there already."""
    name, size = observed.setting.condition.name, observed.size
    if name in (STEPS, GROUPS):
        return size
    return max(1, size // 2) if name == MICRO else min(2, size)


def expected_at_size(request: Request, mistake: Cause | Term, observed: Observed, size: int) -> Expectation | None:
    """The expectation of a mistake's gradient where a loss was observed; None where it is not a number."""
    setting = observed.setting
    most = max(_MOST_BATCHES, observed.examination.count(size))
    subject = request.subject
    if not (isinstance(subject, Battery) and isinstance(subject.policy, str)):
        return _at_size(mistake, setting, size, most)
    return _known_at_size(
        seed=subject.seed,
        policy=subject.policy,
        condition=setting.condition.name,
        probe=setting.play.name,
        groups=request.groups,
        discount=request.discount,
        size=size,
        most=most,
        mistake=mistake,
    )


@lru_cache(maxsize=4096)
def _known_at_size(
    *,
    seed: int,
    policy: str,
    condition: str,
    probe: str,
    groups: int,
    discount: Fraction,
    size: int,
    most: int,
    mistake: Cause | Term,
) -> Expectation | None:
    """The same for the battery, once for all the losses that are checked on it."""
    return _at_size(
        mistake,
        _setting(seed=seed, policy=policy, condition=condition, probe=probe, groups=groups, discount=discount),
        size,
        most,
    )


def _at_size(mistake: Cause | Term, setting: Setting, size: int, most: int) -> Expectation | None:
    try:
        one = Examination(mistake.loss, setting, max_batches=most, sequences=False)
        one.begin(size)
        return one.at(size)
    except (InvalidArgument, IndexError, RuntimeError, ValueError):
        return None


@lru_cache(maxsize=64)
def _setting(*, seed: int, policy: str, condition: str, probe: str, groups: int, discount: Fraction) -> Setting:
    """One of the battery's settings."""
    rules = CONDITIONS[condition]
    settings = settings_of(rules, Battery(seed, policy), groups=groups, discount=discount, seed=seed)
    return next(one for one in settings if one.play.name == probe)


def tolerance_of(examination: Examination, size: float, truth: Tensor) -> float:
    """The rounding error of a gradient that is summed of terms of this size.

    Terms far below the true gradient are rounding errors themselves: those of a loss that cancels on every batch.
    """
    return (COARSE if examination.gradient.coarse else FINE) * max(size, 1e-3 * float(truth.norm()), 1e-300)
