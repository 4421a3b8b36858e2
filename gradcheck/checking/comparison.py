"""An expected gradient beside the true one → unbiased, proportional or biased, and by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from torch import Tensor

from gradcheck.checking.verdict import Verdict

#: Relative to the size of the terms that are summed. A sum of a million of them is exact to 1e-10 in float64; a loss
#: in float32 rounds every term to 6e-8, and its logarithms to a few times that.
FINE, COARSE = 1e-9, 1e-5


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


@final
@dataclass(frozen=True, eq=False)
class Reference:
    """What may count as the true gradient.

    Attributes:
        words: what it is the gradient of, such as "the expected return".
        gradient: [P] float64.
    """

    words: str
    gradient: Tensor


def compare(found: Tensor, size: float, references: Sequence[Reference], *, coarse: bool, returns: float) -> Comparison:
    """Hold an expected gradient against the gradients that count as true; the best comparison is what is said.

    Args:
        found: [P] g.
        size: of the terms that were summed to g: rounding errors are proportional to it.
        references: one or more.
        coarse: whether something was computed in float32.
        returns: the largest there is, of which a true gradient that is zero is the rounding error.
    """
    tolerance = COARSE if coarse else FINE
    every = [_compare(found, size, reference, tolerance, returns) for reference in references]
    return min(every, key=lambda one: (not one.verdict.at_least(Verdict.UNBIASED), one.verdict is Verdict.BIASED))


def _compare(found: Tensor, size: float, reference: Reference, tolerance: float, returns: float) -> Comparison:
    truth = reference.gradient
    norm, length = float(truth.norm()), float(found.norm())
    noise = tolerance * max(size, norm)
    if norm <= tolerance * returns:
        right = length <= noise
        verdict = Verdict.UNBIASED if right else Verdict.BIASED
        bias = 0.0 if right else math.inf
        return Comparison(verdict, reference.words, truth, math.nan, bias, 0.0 if right else 1.0)
    product = float(found @ truth)
    scale = product / norm**2
    bias = float((found - truth).norm())
    across = float((found - scale * truth).norm())
    if bias <= noise:
        verdict = Verdict.UNBIASED
    elif scale * norm > tolerance * size >= across:
        verdict = Verdict.PROPORTIONAL
    else:
        verdict = Verdict.BIASED
    # From the part across, not from the cosine: 1 - cosine of a small angle is lost in rounding.
    cosine_error = _direction_error(scale * norm, across) if length > noise else 1.0
    return Comparison(verdict, reference.words, truth, scale, bias / norm, cosine_error)


def _direction_error(along: float, across: float) -> float:
    """1 - cosine, without cancellation, of the angle whose legs these are."""
    length = math.hypot(along, across)
    return across**2 / (length * (length + along)) if along > 0 else 1 - along / length
