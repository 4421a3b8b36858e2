"""An expected gradient beside the true one → unbiased, proportional or biased, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

from torch import Tensor

from gradcheck.checking.estimate import GradientEstimate, TrueGradient, length
from gradcheck.checking.tolerances import SAME_FACTOR, UNTELLABLE, Tolerances
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

    @property
    def scale_error(self) -> float:
        """How far rounding may have moved it."""
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
        noise: how far apart rounding alone may put g and t.
        size: the length of g or of t, whichever is longer.
    """

    verdict: Verdict
    reference: str
    truth: Tensor
    scale: float
    relative_bias: float
    direction_error: float
    noise: float = 0.0
    size: float = 0.0

    @property
    def scale_error(self) -> float:
        """How far rounding may have moved the scale; infinite where t is lost in rounding."""
        size = length(self.truth)
        return self.noise / size if size else math.inf


def compare(
    estimate: GradientEstimate, truths: Sequence[TrueGradient], tolerance: Tolerances, *, also: float = 0.0
) -> Comparison:
    """Hold an expected gradient against the gradients that count as true; the best comparison is what is said.

    Args:
        estimate: of g; its rounding errors are proportional to its magnitude.
        truths: one or more, each with its own rounding error.
        tolerance: of the precision that the loss computes in.
        also: another error of g, as a length.
    """
    own = tolerance.rounding * estimate.magnitude + also
    return best_comparison([_compare(estimate.mean, truth, own) for truth in truths])


def best_comparison(comparisons: Iterable[Comparison]) -> Comparison:
    """The one with the best verdict: one truth suffices, and while one is undecided, another refutes nothing."""
    comparisons = list(comparisons)
    verdict = best(comparison.verdict for comparison in comparisons)
    return next(comparison for comparison in comparisons if comparison.verdict is verdict)


def _compare(g: Tensor, truth: TrueGradient, own: float) -> Comparison:
    """One of them. Both g and t are in a ball around what was computed, of the radii ``own`` and ``truth.rounding``."""
    t = truth.gradient
    size, norm = length(g), length(t)
    noise = own + truth.rounding
    if truth.is_zero:
        # Of a loss in small units, or whose terms cancel, g is small beside the returns in any case.
        verdict = Verdict.UNBIASED if size <= own else Verdict.INCONCLUSIVE if size <= noise else Verdict.BIASED
        right = verdict is not Verdict.BIASED
        bias = 0.0 if right else math.inf
        return Comparison(verdict, truth.words, t, math.nan, bias, 0.0 if right else 1.0, noise, max(size, norm))
    unit = max(size, norm) or 1.0  # squares of very large or small numbers are no numbers
    scale = float((g / unit) @ (t / norm)) * unit / norm if norm else math.nan
    bias = length(g - t)
    across = length(g - scale * t) if norm else size
    # t may point elsewhere than was computed, by this share of its length.
    turned = truth.rounding / norm if norm else math.inf
    off = own + turned * size
    along = scale * norm if norm else 0.0
    if noise > UNTELLABLE * unit or turned > UNTELLABLE:
        verdict = Verdict.INCONCLUSIVE
    elif bias <= noise:
        verdict = Verdict.UNBIASED
    elif across > off or along <= off:
        verdict = Verdict.BIASED
    else:
        verdict = Verdict.PROPORTIONAL if off <= UNTELLABLE * along else Verdict.INCONCLUSIVE
    # From the part across, not from the cosine: 1 - cosine of a small angle is lost in rounding.
    error = _direction_error(along, across) if size > own else 1.0
    relative = bias / norm if norm else math.inf
    return Comparison(verdict, truth.words, t, scale, relative, error, noise, max(size, norm))


def _direction_error(along: float, across: float) -> float:
    """1 - cosine, without cancellation, of the angle whose legs these are."""
    hypotenuse = math.hypot(along, across)
    if not hypotenuse:
        return 1.0
    sine, cosine = across / hypotenuse, along / hypotenuse
    return sine**2 / (1 + cosine) if along > 0 else 1 - cosine


def common_scale(comparisons: Iterable[HasScale]) -> float | None:
    """c, where all comparisons are with gradients that are not zero and have the same scale; else None.

    The one that is known best is given.
    """
    comparisons = list(comparisons)
    known = [one for one in comparisons if not math.isnan(one.scale)]  # it is NaN where t is zero
    if not known or any(not one.verdict.at_least(Verdict.PROPORTIONAL) for one in comparisons):
        return None
    best_known = min(known, key=lambda one: one.scale_error)
    same = all(
        abs(one.scale - best_known.scale)
        <= SAME_FACTOR * abs(best_known.scale) + one.scale_error + best_known.scale_error
        for one in known
    )
    return best_known.scale if same else None
