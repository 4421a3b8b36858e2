"""Expected gradients of any length beside the true one: the angle between them, and what rounding does to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

import numpy as np
from torch import Tensor

from gradcheck.checking.comparison import Comparison
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.tree.types import Floats

_SAME_LENGTH = 0.1  # lengths that change by less from size to size, after a power of the size is taken out of them


@final
class AngleTo:
    """Angles to a true gradient, as tangents; where that is zero, lengths relative to the terms that are summed.

    Args:
        comparison: with the truth.
        estimate: of the expected gradient at the size asked for, which says what rounding can do.
        expected: of the loss.
    """

    def __init__(self, comparison: Comparison, estimate: GradientEstimate, expected: ExpectedGradient) -> None:
        tolerances, truth = expected.gradient.tolerances, comparison.truth
        # Where there is no gradient at the size asked for, there may be one at another.
        self._scale = max(estimate.term_size, float(estimate.mean.norm())) or float(truth.norm()) or 1.0
        self._truth = truth
        self.no_truth = math.isnan(comparison.scale)
        self._tolerance = tolerances.comparison
        self._length = float(estimate.mean.norm())
        #: What rounding may do to an expected gradient; sums in float64 are known ten times better than that.
        self.noise = tolerances.comparison * self._scale / 10
        #: An error that is called right whatever it was before.
        self.least = tolerances.limit if self._length <= tolerances.comparison * self._scale else self.rounding

    @property
    def rounding(self) -> float:
        """Of the angle of an expected gradient as long as the one at the size asked for."""
        return (
            self._tolerance * self._scale / (1.0 if self.no_truth else max(self._length, self._tolerance * self._scale))
        )

    def of(self, gradient: Tensor) -> float:
        """The tangent of the angle; infinite where it is a right angle or more."""
        if self.no_truth:
            return float(gradient.norm()) / max(self._scale, 1e-300)
        norm = float(self._truth.norm())
        along = float(gradient @ self._truth) / norm
        across = float((gradient - along / norm * self._truth).norm())
        return across / along if along > 0 else math.inf

    def is_zero(self, gradient: Tensor) -> bool:
        """Whether the gradient is nothing but rounding."""
        return float(gradient.norm()) <= self._tolerance * self._scale

    def cosine_error(self, gradient: Tensor) -> float:
        """1 - cosine, without cancellation; 1 where there is no angle."""
        if self.no_truth or self.is_zero(gradient):
            return 0.0 if self.no_truth and self.is_zero(gradient) else 1.0
        here, there = gradient / gradient.norm(), self._truth / self._truth.norm()
        return float((here - there).norm()) ** 2 / 2

    def between(self, one: Tensor, other: Tensor) -> float:
        """The angle between two gradients, which are not zero, or nearly."""
        return float((one / one.norm() - other / other.norm()).norm())

    def on_one_scale(self, sizes: Sequence[int], gradients: Sequence[Tensor]) -> Floats | None:
        """[S, P] gradients of sums and the like, without a power of the size; None if none makes them alike."""
        values = np.stack([gradient.numpy() for gradient in gradients])
        lengths = np.linalg.norm(values, axis=1)
        if self.no_truth or not lengths.all():
            return None
        growth = math.log(lengths[-1] / lengths[0]) / math.log(sizes[-1] / sizes[0])
        power = round(2 * growth) / 2
        scaled = values / (np.array(sizes, dtype=float)[:, None] / sizes[-1]) ** power
        lengths = np.linalg.norm(scaled, axis=1)
        alike = bool(power) and np.abs(lengths / lengths[-1] - 1).max() <= _SAME_LENGTH
        return scaled * (self._length / lengths[-1]) if alike else None

    def directions(self, gradients: Sequence[Tensor]) -> Floats:
        """[S, P] the gradients, all as long as the one at the size asked for, or of length 1."""
        values = np.stack([gradient.numpy() for gradient in gradients])
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        return values / np.where(lengths > 0, lengths, 1.0) * (self._length or 1.0)
