"""The expected gradients of the known mistakes on a case, on batches small enough that all are worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias, final

import torch
from torch import Tensor

from gradcheck.causes.cause import Cause, Term
from gradcheck.checking.case import Case
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.diagnosis.mistake_table import Hypotheses
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.audit import audited
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judge import CaseResult
from gradcheck.checking.probes.subjects import Battery
from gradcheck.checking.question import Question
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.rationals import as_rational

Mistakes: TypeAlias = "tuple[Cause, ...] | tuple[Term, ...]"

_TELLING = ("unequal_lengths", "chance")  # probes on which few mistakes look alike
_FEW = 64  # batches of a game that is not the battery's: each is given to every mistake
_MOST_BATCHES = 5_000  # of a mistake at the size asked for; or as many as the loss itself has


@lru_cache(maxsize=64)
def features_of(case: Case) -> frozenset[str]:
    """What the case has of ``causes.cause.FEATURES``."""
    with torch.no_grad():
        episodes = case.collector.all_episodes.episodes
        answer = case.policy(episodes.observations)
    has = {
        "discount": case.tree.game.discount != 1,
        "off_policy": case.behaviour is not None,
        "groups": case.collector.in_groups,
        "cut": case.condition.cuts_episodes,
        "critic": isinstance(answer, tuple),
        "illegal": not case.tree.legal_actions.all(),
    }
    return frozenset(feature for feature, present in has.items() if present)


@final
@dataclass(frozen=True, eq=False)
class OnSmallBatches:
    """A loss on one case, on batches small enough that all known mistakes are worked out on them, too.

    Attributes:
        expected: of the loss.
        size: of the batches.
    """

    expected: ExpectedGradient
    size: int

    @property
    def found(self) -> GradientEstimate:
        """Of the loss."""
        return self.expected.whole(self.size)

    @property
    def truth(self) -> Tensor:
        """[P] the true gradient."""
        return self.expected.true_gradients(self.size)[0].gradient

    @property
    def tolerance(self) -> float:
        """The rounding error of both."""
        return tolerance_of(self.expected, self.found.term_size, self.truth)

    def table(self, mistakes: Mistakes) -> tuple[Tensor | None, ...]:
        """[P] the expected gradient of every mistake."""
        case = self.expected.case
        return _known(case, self.size, not case.collector.in_groups or self.expected.order_matters, mistakes)


def on_small_batches(question: Question, observed: Sequence[CaseResult]) -> tuple[OnSmallBatches, ...]:
    """Where the known mistakes are told apart: on two probes of the battery, whose gradients are known beforehand.

    A loss that was checked on a game of its own plays the battery for this, under the same condition; where it cannot,
    its own game will do if it is small. Nothing at all, where it is not.
    """
    if question.subject.is_battery:
        few = sorted(observed, key=lambda one: one.case.name not in _TELLING)[:2]
        return tuple(OnSmallBatches(one.expected, small_size(one)) for one in few)
    first = observed[0]
    condition = CONDITIONS[first.case.condition.on_the_battery(first.case)]
    options = replace(question.options, discount=as_rational(first.case.tree.game.discount))
    cases = condition.cases(Battery(options.seed, "logits"), options)
    few = sorted(cases, key=lambda one: one.name not in _TELLING)[:2]
    found = [
        OnSmallBatches(
            ExpectedGradient(
                question.loss,
                case,
                size=first.size,
                max_batches=options.max_batches,
                learning_rate=options.learning_rate,
            ),
            small_size(first),
        )
        for case in few
    ]
    try:
        for one in found:
            with audited(one.expected.gradient, one.expected.random_batch):
                one.found  # noqa: B018 - whether it can be worked out
    except (LossFailed, InvalidArgument):  # a loss may be made for its own game alone
        small = OnSmallBatches(first.expected, small_size(first))
        few_enough = first.case.collector.count(small.size, ordered=True) <= _FEW
        return (small,) if few_enough else ()
    return tuple(found)


@lru_cache(maxsize=32)
def _known(case: Case, size: int, ordered: bool, mistakes: Mistakes) -> tuple[Tensor | None, ...]:
    """For the battery, once for all the losses that are checked on it."""
    features = features_of(case)
    every = Hypotheses(case, size, ordered=ordered)
    many = case.collector.count(size, ordered=ordered) > _FEW
    found: list[Tensor | None] = []
    seen: set[str] = set()
    for one in mistakes:
        # On many batches only what is about this very case is asked in all its forms.
        needs = one.needs if isinstance(one, Cause) else frozenset()
        asked = needs <= features and (not many or bool(needs) or one.name not in seen)
        found.append(every.expected(one) if asked else None)
        seen.add(one.name)
    return tuple(found)


def small_size(observed: CaseResult) -> int:
    """Two episodes, where batches are made of N single ones: most causes are ruled out there already."""
    return observed.case.condition.small_size(observed.size)


def expected_at_size(mistake: Cause | Term, observed: CaseResult, size: int) -> GradientEstimate | None:
    """The expectation of a mistake's gradient where a loss was observed; None where it is not a number."""
    return _known_at_size(mistake, observed.case, size, max(_MOST_BATCHES, observed.expected.count(size)))


@lru_cache(maxsize=4096)
def _known_at_size(mistake: Cause | Term, case: Case, size: int, most: int) -> GradientEstimate | None:
    try:
        one = ExpectedGradient(mistake.loss, case, size=size, max_batches=most, sequences=False)
        with audited(one.gradient, one.random_batch):
            return one.at(size)
    except (InvalidArgument, LossFailed):
        return None


def tolerance_of(expected: ExpectedGradient, size: float, truth: Tensor) -> float:
    """The rounding error of a gradient that is summed of terms of this size.

    Terms far below the true gradient are rounding errors themselves: those of a loss that cancels on every batch.
    """
    return expected.gradient.tolerances.comparison * max(size, 1e-3 * float(truth.norm()), 1e-300)
