"""A loss on a case → its expected gradient at any batch size, each size worked out once, in the first way that can."""

from __future__ import annotations

from typing import final

import numpy as np
from torch import Tensor

from gradcheck.checking.budgets import MOST_REORDERED, MOST_REORDERED_IN_A_LOOP, MOST_SEQUENCES, ORDER_TRIALS
from gradcheck.checking.case import Case
from gradcheck.checking.comparison import Comparison, compare
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.expectation.cancelled import without_rounding
from gradcheck.checking.expectation.enumerated import evaluated, expectation_of
from gradcheck.checking.expectation.loss_gradient import AnyLoss, LossGradient
from gradcheck.checking.expectation.order import (
    order_shows_on_multisets,
    order_shows_on_sequences,
    order_shows_on_trials,
)
from gradcheck.checking.expectation.rounding import with_rounding
from gradcheck.checking.expectation.u_statistics import expectation_by_structure
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.estimators.batches import AlikeBatches
from gradcheck.estimators.collectors.base import AbstractCollector, IndependentUnits
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument, invalid

_HINT = 'The policies of the battery return {}; policy="categorical" or "logits_and_value" makes them return those.'


@final
class ExpectedGradient:
    """Minus the expected gradient of one loss on one case.

    Args:
        loss: to be minimised.
        case: the game, the policy and the condition.
        size: N, the batch size that was asked for.
        max_batches: the most to be enumerated.
        learning_rate: of an optimiser that the loss makes for itself.
        sequences: whether nothing is spared to find out if order matters to the loss: few batches are enumerated as
            sequences, without asking; and before multisets are, they are tried in other orders. Else trials decide.

    Attributes:
        gradient: of single batches.
    """

    def __init__(
        self,
        loss: AnyLoss,
        case: Case,
        *,
        size: int,
        max_batches: int,
        learning_rate: float | None = None,
        sequences: bool = True,
    ) -> None:
        self.case, self.size = case, size
        self._max_batches, self._sequences = max_batches, sequences
        returns = case.policy.returns if isinstance(case.policy, ProbePolicy) else ""
        self.gradient = LossGradient(
            loss,
            case.policy,
            case.parameters,
            where=case.where,
            learning_rate=learning_rate,
            hint=_HINT.format(returns) if returns else "",
        )
        self._numbers = np.random.default_rng(0)
        self._on_whole_batches: dict[tuple[AbstractCollector, int], GradientEstimate] = {}
        self._order_matters: bool | None = None
        self._all_sequences: list[tuple[AlikeBatches, Tensor]] = []  # of the size asked for, where they are few
        self._tried_on_multisets: set[tuple[AbstractCollector, int]] = set()
        self._estimates: dict[int, GradientEstimate] = {}
        self._truths: dict[int, tuple[TrueGradient, ...]] = {}

    def at(self, size: int) -> GradientEstimate:
        """The expectation at a batch size, under the condition.

        Raises:
            InvalidArgument: if there are too many batches, and no structure of the loss makes them fewer.
            LossFailed: if the loss raises.
        """
        if size not in self._estimates:
            self._estimates[size] = self.case.condition.estimate(self.case, self.whole, size)
        return self._estimates[size]

    def whole(self, size: int, collector: AbstractCollector | None = None) -> GradientEstimate:
        """The expectation on undivided batches, whatever the condition; of the case's collector, or of another."""
        key = (collector or self.case.collector, size)
        if key not in self._on_whole_batches:
            self._on_whole_batches[key] = self._enumerated(*key)
        return self._on_whole_batches[key]

    def true_gradients(self, size: int) -> tuple[TrueGradient, ...]:
        """Those of which the loss has to have one, at a batch size."""
        condition = self.case.condition
        asked = size if condition.truth_depends_on_size else self.size
        if asked not in self._truths:
            self._truths[asked] = self._rounded(condition.true_gradients(self.case, asked, self.whole))
        return self._truths[asked]

    def _rounded(self, truths: tuple[TrueGradient, ...]) -> tuple[TrueGradient, ...]:
        magnitude = max((one.magnitude for one in self._on_whole_batches.values()), default=0.0)
        return tuple(with_rounding(self.case, one, self.gradient.tolerances, of_loss=magnitude) for one in truths)

    def compare(self, size: int) -> Comparison:
        """How the expected gradient stands to the true one, at a batch size."""
        estimate, truths = self.at(size), self.true_gradients(size)
        return compare(estimate, truths, self.gradient.tolerances, also=self.gradient.step_rounding)

    def compare_with_the_other(self, size: int) -> Comparison | None:
        """How the expected gradient stands to what would be true by the other reference; None where there is one."""
        condition, case = self.case.condition, self.case
        if not case.off_policy or case.objective is not None or condition.compares_with_itself:
            return None
        others = self._rounded(condition.true_gradients(case.by_the_other_reference, size, self.whole))
        return compare(self.at(size), others, self.gradient.tolerances, also=self.gradient.step_rounding)

    def fewest(self, size: int) -> int:
        """How many batches there are at a size, if order does not matter; at least so many must be enumerated."""
        return self.case.collector.count(size, ordered=False)

    def count(self, size: int) -> int:
        """How many batches must be enumerated at a size."""
        return self._count(self.case.collector, size)

    @property
    def num_batches(self) -> int:
        """How many different ones were evaluated so far."""
        return sum(estimate.num_batches for estimate in self._on_whole_batches.values())

    def random_batch(self) -> Episodes:
        """One of the batches of the size asked for, another one each time.

        Raises:
            InvalidArgument: if that takes a list of all of them, and they are too many.
        """
        collector = self.case.collector
        lists_all = not isinstance(collector, IndependentUnits)
        if lists_all and self.count(self.size) > self._max_batches:
            raise self._too_many(self.size)
        return collector.random_batch(self.size, self._numbers)[0]

    @property
    def order_matters(self) -> bool:
        """Whether the loss depends on the order of what is drawn independently; tried, not assumed."""
        if self._order_matters is None:
            collector = self.case.collector
            self._order_matters = True  # where nothing is drawn independently of what lies before it
            if isinstance(collector, IndependentUnits):
                size = self.size if collector.in_groups else max(2, self.size)  # larger sizes may be asked about later
                self._order_matters = (
                    order_shows_on_sequences(self.gradient, self._all_sequences, collector, size)
                    if self._all_sequences and size == self.size
                    else order_shows_on_trials(self.gradient, collector, size, self._numbers)
                )
                self._all_sequences = []
        return self._order_matters

    def _count(self, collector: AbstractCollector, size: int) -> int:
        return collector.count(size, ordered=self._as_sequences(collector, size))

    def _as_sequences(self, collector: AbstractCollector, size: int) -> bool:
        """Whether batches are enumerated as sequences: where they are few, that is surer than any trial."""
        few = collector.count(size, ordered=True) <= min(MOST_SEQUENCES, self._max_batches)
        if (self._sequences and few) or self.order_matters or not isinstance(collector, IndependentUnits):
            return True
        key = (collector, size)
        few = collector.count(size, ordered=False) <= self._max_batches
        if self._sequences and few and key not in self._tried_on_multisets:
            self._tried_on_multisets.add(key)
            most = self._most_reordered if size == self.size else ORDER_TRIALS // 2
            self._order_matters = order_shows_on_multisets(self.gradient, collector, size, most, self._numbers)
        return self.order_matters

    @property
    def _most_reordered(self) -> int:
        return MOST_REORDERED if self.gradient.vectorised else MOST_REORDERED_IN_A_LOOP

    def _enumerated(self, collector: AbstractCollector, size: int) -> GradientEstimate:
        if self._count(collector, size) <= self._max_batches:
            ordered = self._as_sequences(collector, size)
            batches = collector.batches(size, ordered=ordered)
            found = evaluated(self.gradient, batches, label=f"batches {self.case.where}")
            if ordered and self._order_matters is None and (collector, size) == (self.case.collector, self.size):
                self._all_sequences = found
            of_case, estimate = (self.case.policy, self.case.parameters), expectation_of(found)
            returns = self.case.largest_return
            return without_rounding(self.gradient, *of_case, estimate, found=found, returns=returns)
        if not self.order_matters:
            estimate = expectation_by_structure(self.gradient, collector, size, self._max_batches)
            if estimate is not None:
                return estimate
        raise self._too_many(size)

    def _too_many(self, size: int) -> InvalidArgument:
        where = self.case.where[:1].upper() + self.case.where[1:]
        hint = (
            f"{where} there are {self.count(size):,} batches of {size}, and the loss is no sum over single episodes, "
            "or over pairs. Give a smaller batch or game, or a larger max_batches; or draws, the number of batches to "
            "sample."
        )
        return invalid(f"at most {self._max_batches:,} batches to enumerate", "batch", size, hint)
