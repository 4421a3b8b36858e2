"""How far two numbers may be apart that should be equal, and why so far: every tolerance of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Tolerances:
    """What rounding may change, in one precision. All of them are relative.

    Attributes:
        comparison: of an expected gradient, relative to the terms that are summed to it.
        repetition: of one batch's gradient that is computed again, or whose terms are summed in another order.
        limit: off the true direction, of a gradient on a population batch.
        near_limit: the same for an average over several population batches, which leaves terms in 1 / size².
        cancellation: of what is left when terms cancel, the share that may be rounding before nothing can be said.
    """

    comparison: float
    repetition: float
    limit: float
    near_limit: float
    cancellation: float


#: A sum of a million terms is exact to 1e-10 in float64, and one over a population batch to 1e-12. The average over
#: population batches of 200 leaves terms in 1/200² = 2.5e-5, times a curvature.
FLOAT64 = Tolerances(comparison=1e-9, repetition=1e-9, limit=1e-6, near_limit=1e-4, cancellation=1e-3)

#: A loss in float32 rounds every term to 6e-8, and its logarithms to a few times that; a sum of a thousand terms in
#: another order differs by 1e-4 at worst. A direction is known to a third where rounding is a third of its length.
FLOAT32 = Tolerances(comparison=1e-5, repetition=1e-4, limit=1e-3, near_limit=1e-3, cancellation=0.3)

#: The smallest share of the largest return that a gradient is expected to have: less may be the result of cancelling.
LEAST_GRADIENT = 1e-3

#: Quotients of two gradients that are exact to ``comparison``; they are one number if they agree to this.
SAME_SCALE = 1e-7

#: What is less than this depends on the machine, and is not shown.
NOT_SHOWN = 1e-12


#: Of sampled verdicts: the probability that a right loss is called wrong, over all that is tried; the probability that
#: what is called right is within the tolerance; and that tolerance, of the largest coordinate of the true gradient.
FALSE_ALARM = 1e-6
CONFIDENCE = 1 - 1e-3
SAMPLED_TOLERANCE = 0.1


def tolerances(*, coarse: bool) -> Tolerances:
    """Those of float32 where anything was computed in it, else those of float64."""
    return FLOAT32 if coarse else FLOAT64
