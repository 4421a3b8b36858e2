"""An expected gradient beside the true one → unbiased, proportional or biased, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

from torch import Tensor

from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.tolerances import SAME_SCALE, Tolerances
from gradcheck.checking.verdict import Verdict, best


class HasScale(Protocol):
    """A comparison, or a result that tells of one."""

    @property
    def verdict(self) -> Verdict:
        """How g stands to t."""
        ...

    @property
    def scale(self) -> float:
        """Of the projection of g on t."""
        ...


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """How g stands to t.

    Attributes:
        verdict: unbiased, proportional or biased.
        reference: what t is the gradient of, in words.
        truth: [P] t.
        scale: c of the projection c·t of g on t; NaN where t is zero.
        relative_bias: ‖g - t‖ / ‖t‖; infinite where t is zero and g is not.
        direction_error: 1 - cosine of the angle between g and t; 1 where g is zero and t is not.
    """

    verdict: Verdict
    reference: str
    truth: Tensor
    scale: float
    relative_bias: float
    direction_error: float


def compare(
    estimate: GradientEstimate, truths: Sequence[TrueGradient], tolerance: Tolerances, *, returns: float
) -> Comparison:
    """Hold an expected gradient against the gradients that count as true; the best comparison is what is said.

    Args:
        estimate: of g; rounding errors are proportional to the size of the terms that were summed to it.
        truths: one or more.
        tolerance: of the precision that the loss computes in.
        returns: the largest there is, of which a true gradient that is zero is the rounding error.
    """
    return best_comparison([_compare(estimate, truth, tolerance.comparison, returns) for truth in truths])


def best_comparison(comparisons: Iterable[Comparison]) -> Comparison:
    """The one with the best verdict: one truth suffices, and while one is undecided, another refutes nothing."""
    comparisons = list(comparisons)
    verdict = best(comparison.verdict for comparison in comparisons)
    return next(comparison for comparison in comparisons if comparison.verdict is verdict)


def _compare(estimate: GradientEstimate, truth: TrueGradient, tolerance: float, returns: float) -> Comparison:
    g, t, size = estimate.mean, truth.gradient, estimate.term_size
    norm, length = float(t.norm()), float(g.norm())
    noise = tolerance * max(size, norm)
    if norm <= tolerance * returns:
        right = length <= noise
        verdict = Verdict.UNBIASED if right else Verdict.BIASED
        bias = 0.0 if right else math.inf
        return Comparison(verdict, truth.words, t, math.nan, bias, 0.0 if right else 1.0)
    product = float(g @ t)
    scale = product / norm**2
    bias = float((g - t).norm())
    across = float((g - scale * t).norm())
    if bias <= noise:
        verdict = Verdict.UNBIASED
    elif scale * norm > tolerance * size >= across:
        verdict = Verdict.PROPORTIONAL
    else:
        verdict = Verdict.BIASED
    # From the part across, not from the cosine: 1 - cosine of a small angle is lost in rounding.
    cosine_error = _direction_error(scale * norm, across) if length > noise else 1.0
    return Comparison(verdict, truth.words, t, scale, bias / norm, cosine_error)


def _direction_error(along: float, across: float) -> float:
    """1 - cosine, without cancellation, of the angle whose legs these are."""
    length = math.hypot(along, across)
    return across**2 / (length * (length + along)) if along > 0 else 1 - along / length


def common_scale(comparisons: Iterable[HasScale]) -> float | None:
    """c, where all comparisons are with gradients that are not zero and have the same scale; else None."""
    comparisons = list(comparisons)
    scales = [comparison.scale for comparison in comparisons if not math.isnan(comparison.scale)]  # where t is zero
    wrong = (Verdict.CONSISTENT, Verdict.BIASED)
    if any(comparison.verdict in wrong for comparison in comparisons) or not scales:
        return None
    same = max(scales) - min(scales) <= SAME_SCALE * abs(max(scales))
    return scales[0] if same else None
