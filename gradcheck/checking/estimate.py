"""What is known about a gradient: the expected one of a loss, and the one that counts as true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from torch import Tensor


@final
@dataclass(frozen=True, eq=False)
class GradientEstimate:
    """Of minus one batch's gradient X.

    Attributes:
        mean: [P] float64, E[X].
        variance: [P] float64.
        term_size: the largest E|X| of a coordinate.
        num_batches: how many different batches were evaluated.
        exact: whether all batches were enumerated; else they were sampled.
        largest: the length of the vector of the largest |X| of each coordinate, over all batches, however improbable;
            0 where it is not known.
        assumption: of one that was sampled, what its verdict rests on, in words that follow "as long as".
    """

    mean: Tensor
    variance: Tensor
    term_size: float
    num_batches: int
    exact: bool = True
    largest: float = 0.0
    assumption: str = ""

    @property
    def magnitude(self) -> float:
        """What rounding errors of the mean are proportional to.

        Not the size of the mean, nor that of E|X|: the score 1{a} - π has the rounding error of its 1, however likely
        the action is, so that near a deterministic policy all likely gradients are far smaller than what they were
        made of. The unlikely ones show it. One length for all coordinates, because a coordinate whose gradient is zero
        in exact arithmetic, such as a number that is added to all logits, is left with the errors of the others.
        """
        return max(self.term_size, self.largest)


@final
@dataclass(frozen=True, eq=False)
class MeanGradient:
    """Of minus one batch's gradient X, where batches are allowed on which it is not finite.

    Attributes:
        mean: [P] float64, E[X]; not finite unless ``undefined`` is 0.
        undefined: the probability of a batch on which X is not finite.
    """

    mean: Tensor
    undefined: float


@final
@dataclass(frozen=True, eq=False)
class TrueGradient:
    """What may count as the true gradient.

    Attributes:
        words: what it is the gradient of, such as "the expected return".
        gradient: [P] float64.
        rounding: how long the rounding error of the gradient may be.
        is_zero: whether it is zero in exact arithmetic, as far as can be told.
    """

    words: str
    gradient: Tensor
    rounding: float = 0.0
    is_zero: bool = False


def length(vector: Tensor) -> float:
    """The Euclidean norm, of numbers whose squares overflow or underflow, too."""
    if not vector.numel():
        return 0.0
    largest = float(vector.abs().max())
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float((vector / largest).norm())
