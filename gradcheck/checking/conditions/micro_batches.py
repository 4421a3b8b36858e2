"""A batch that is split in two, as gradient accumulation does."""

from __future__ import annotations

from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation, NotApplicable
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.estimators.collectors.base import IndependentUnits


@final
class MicroBatchesCondition(Condition):
    """The batch in two parts, whose gradients are averaged."""

    name = "micro_batches"
    summary = "The batch in two parts, whose gradients are averaged."
    aspect = Aspect.COMPARISON
    probes = (
        battery.SHARED_PARAMETERS,
        battery.UNEQUAL_LENGTHS,
        battery.SIX_STEPS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
    )
    has_limit = False
    has_other_sizes = False
    truth_depends_on_size = True
    compares_with_itself = True
    can_be_sampled = False
    counterexample_sizes = (2, 4)

    def require(self, options: CheckOptions) -> None:
        """Refuse a batch of one episode, or of one group."""
        if isinstance(options.batch, tuple) and options.num_groups == 1:
            raise NotApplicable("A batch of one group cannot be split: its parts would be no groups.")
        if self.size(options) < 2:
            raise NotApplicable("A batch of 1 cannot be split.")

    def small_size(self, size: int) -> int:
        """That of a part."""
        return max(1, size // 2)

    def estimate(self, case: Case, whole: Expectation, size: int) -> GradientEstimate:
        """Of the mean of two parts; the variance is the largest there can be where the second part is a sequel."""
        first, second = (whole(part, collector) for collector, part in case.collector.halves(size))
        covariance = 0.0 if isinstance(case.collector, IndependentUnits) else (first.variance * second.variance).sqrt()
        return GradientEstimate(
            (first.mean + second.mean) / 2,
            (first.variance + second.variance + 2 * covariance) / 4,
            max(first.term_size, second.term_size),
            first.num_batches + second.num_batches,
            largest=max(first.largest, second.largest),
        )

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """What the loss itself gives on the undivided batch."""
        del case
        return (TrueGradient("the loss itself on the undivided batch", whole(size).mean),)
