"""The numbers that a diagnosis rests on: plain data, so that it knows nothing of how they were computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from gradcheck.checking.case import Case
from gradcheck.checking.comparison import Comparison
from gradcheck.checking.diagnosis.mistake_table import MistakeTable
from gradcheck.checking.estimate import GradientEstimate, length
from gradcheck.checking.tolerances import LEAST_GRADIENT, Tolerances
from gradcheck.estimators.policy_gradients import Loss


@final
@dataclass(frozen=True, eq=False)
class ExaminedCase:
    """A loss on one case, at the batch size asked for and at others.

    Attributes:
        case: the game, the policy and the condition.
        size: of the batch.
        estimate: the expected gradient of the loss, at this size.
        comparison: of it with the true one.
        tolerances: of the precision that the loss computes in.
        of_loss: size → the expected gradient of the loss; None where it has none.
        expected: another loss and size → its expected gradient; None where it is not a number.
        truth: size → [P] the true gradient.
        small: the size of the batches on which all hypotheses are tried.
        grows: whether other sizes can be asked about.
    """

    case: Case
    size: int
    estimate: GradientEstimate
    comparison: Comparison
    tolerances: Tolerances = field(repr=False)
    of_loss: Callable[[int], GradientEstimate | None] = field(repr=False)
    expected: Callable[[Loss, int], GradientEstimate | None] = field(repr=False)
    truth: Callable[[int], Tensor] = field(repr=False)
    small: int
    grows: bool

    @property
    def tolerance(self) -> float:
        """The rounding error of the expected gradient."""
        return tolerance_of(self.estimate, self.comparison.truth, self.tolerances)


@final
@dataclass(frozen=True, eq=False)
class SmallCase:
    """A loss on batches so small that all hypotheses are worked out on them, too.

    Attributes:
        case: the game, the policy and the condition.
        mean: [P] its expected gradient.
        truths: [P] the gradients that count as true.
        tolerance: the rounding error.
        table: the expected gradients of the hypotheses.
    """

    case: Case = field(repr=False)
    mean: Tensor
    truths: tuple[Tensor, ...]
    tolerance: float
    table: MistakeTable


def tolerance_of(estimate: GradientEstimate, truth: Tensor, tolerances: Tolerances) -> float:
    """The rounding error of an expected gradient; of one that is zero on every batch, that of mistakes that are so."""
    terms = estimate.term_size or LEAST_GRADIENT * length(truth)
    return max(tolerances.comparison * max(terms, 1e-300), tolerances.rounding * estimate.magnitude)
