"""How far two numbers may be apart that should be equal, and why so far: every tolerance of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Tolerances:
    """What rounding may change, in one precision. All of them are relative.

    Attributes:
        rounding: of an expected gradient, relative to the largest gradients of single batches that are summed to it.
        comparison: the same where a loss is compared with a known mistake.
        repetition: of one batch's gradient that is computed again, or whose terms are summed in another order.
        limit: off the true direction, of a gradient on a population batch.
    """

    rounding: float
    comparison: float
    repetition: float
    limit: float


#: Measured on right losses in float64, with networks of up to three layers of 256, an expected gradient is at most two
#: roundings of its largest terms away from the true one: 256 leave room for deeper networks and longer sums. What is
#: compared with a mistake passes through more sums; one of a million terms is exact to 1e-10. A population batch is
#: exact to 1e-12.
FLOAT64 = Tolerances(rounding=256 * 2.0**-52, comparison=1e-9, repetition=1e-9, limit=1e-6)

#: In float32, the same networks are at most two roundings away, too, 32 being what is left open: float64 decides where
#: that is too much. A sum of a thousand terms in another order differs by 1e-4 at worst.
FLOAT32 = Tolerances(rounding=32 * 2.0**-23, comparison=1e-5, repetition=1e-4, limit=1e-3)

#: What cannot be told from rounding may be this share of a gradient, no more, or nothing is said about the gradient.
UNTELLABLE = 1e-2

#: The same before a loss in float32 is asked again in float64, where it can be: what is called unbiased is right to
#: three digits at least.
UNTELLABLE_IN_FLOAT32 = 1e-3

#: The share of the true gradient that counts as the size of a loss whose gradient is zero, beside mistakes that are so.
LEAST_GRADIENT = 1e-3

#: What is a larger share of the returns is no rounding: that of a few thousand terms is 1e-12. And where the gradients
#: of one size are rounding, those of others are so many times as large, at most.
CANCELLED = 1e-12
CANCELLED_BELOW = 1e3

#: Factors of one loss on several probes, besides what is known of their rounding; each is a quotient of two sums.
SAME_FACTOR = 1e-9

#: What is less than this depends on the machine, and is not shown: relative; and of a cosine.
NOT_SHOWN = 1e-12
NOT_SHOWN_OF_A_COSINE = 1e-20

#: The square of what is smaller than this, or larger than its inverse, has few digits in float64, or none.
LEAST_SQUARED = 1e-150

#: A mistake explains a loss within this, relative. An ε in a denominator of the returns' size, one that the catalogue
#: lacks, moves a gradient by about ε, and by some times that where returns are close together: what people write is
#: 1e-6 at most, or 1e-5 and 1e-4, which it has.
EXPLAINED_WITHIN = 1e-5

#: What an explanation leaves may be this share of the error, no more: a name has to explain the error, not the
#: gradient. So a right loss, or a mere change of scale, never explains a small one.
UNEXPLAINED_SHARE = 1e-3

#: An error of less than this, relative to the terms of the gradient, is not compared with those of mistakes: where they
#: are known to 1e-9, a share of ``UNEXPLAINED_SHARE`` of it could not be seen.
LEAST_EXPLAINED = 1e-6

#: Hypotheses that may fit by chance, at most, where many are tried; what fits has to fit on all cases as well.
COINCIDENCES = 1e-6

#: Of vectors in float64 that are the same but for rounding: 1 - cosine of their directions; the same of their lengths;
#: what is left of one that lies in a span of others; and the error of squared lengths, which only sort out what is then
#: solved for exactly.
PARALLEL = 1e-11
SAME_LENGTH = 1e-14
LEFT_OF_A_SPAN = 1e-8
SQUARED_LENGTH = 1e-13

#: What is left of a vector in float32 that lies in a span of others: a few hundred roundings of 6e-8.
LEFT_OF_A_SPAN_IN_FLOAT32 = 1e-4


#: Roundings of the largest return: an error of so many on a random game may be nothing else.
ROUNDINGS_SEEN = 100

#: Relative errors of gradients on random games whose returns are moderate: one at which no verdict need be asked,
#: hundreds of roundings, and one that no rounding makes.
CLEARLY_RIGHT = 1e-12
CLEARLY_WRONG = 1e-4

#: Of sampled verdicts: the probability that a right loss is called wrong, over all that is tried; the probability that
#: what is called right is within the tolerance; and that tolerance, of the largest coordinate of the true gradient.
FALSE_ALARM = 1e-6
CONFIDENCE = 1 - 1e-3
SAMPLED_TOLERANCE = 0.1

#: Of a sampled gradient, the range that is assumed: so many times that of all that was met. Twice where every episode
#: was in a batch that was looked at, and the loss does the same each time; more where it draws numbers of its own.
RANGE_TIMES = 2.0
RANGE_TIMES_UNEXAMINED = 8.0

#: Draws near the largest one, so many that a tail which goes on has as few with a probability below 1e-3: of a tail of
#: 1/x, the number of draws within a factor of four of the largest has the mean 4 E, with E exponential of mean 1.
TAIL = 30


def tolerances(*, coarse: bool) -> Tolerances:
    """Those of float32 where anything was computed in it, else those of float64."""
    return FLOAT32 if coarse else FLOAT64
