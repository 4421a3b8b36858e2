"""What is known about a gradient: the expected one of a loss, and the one that counts as true."""

from __future__ import annotations

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
        term_size: the largest E|X| of a coordinate; rounding errors of the mean are proportional to it.
        num_batches: how many different batches were evaluated.
        exact: whether all batches were enumerated; else they were sampled.
    """

    mean: Tensor
    variance: Tensor
    term_size: float
    num_batches: int
    exact: bool = True


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
    """

    words: str
    gradient: Tensor
