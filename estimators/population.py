"""Large batches in which every episode is as frequent as it is probable: what small batches tend to as they grow."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np

from gradcheck.tree.types import Floats, Integers

_ROUNDING = 1e-14  # of a probability that is a product of a few rationals
_NO_WIDTH = 1e-11  # of an interval between two numbers that differ by the rounding of sums up to ``total``


def populations(probabilities: Floats, total: int) -> tuple[tuple[float, Integers], ...]:
    """Batches, as numbers of repetitions [K], whose weighted average holds each episode exactly as often as it should.

    Where the probabilities have a common denominator of at most ``total``, one batch is enough. Otherwise there are up
    to K batches of ``total`` episodes each, in which the repetitions of an episode differ by one at most. A smooth
    function of the frequencies, averaged over these batches, has its value at the true frequencies, up to terms in
    1 / total².

    Args:
        probabilities: [K], above 0, of sum 1.
        total: the most episodes in a batch.

    Returns:
        Weights, of sum 1, and repetitions.

    >>> [(weight, repeats.tolist()) for weight, repeats in populations(np.array([0.25, 0.75]), 100)]
    [(1.0, [1, 3])]
    >>> thirds = populations(np.array([1 / 3, 2 / 3]), 2)
    >>> [(round(weight, 3), repeats.tolist()) for weight, repeats in thirds]
    [(0.667, [1, 1]), (0.333, [0, 2])]
    """
    fractions = [Fraction(p).limit_denominator(total) for p in probabilities.tolist()]
    if all(abs(float(f) - p) <= _ROUNDING for f, p in zip(fractions, probabilities.tolist(), strict=True)):
        multiple = math.lcm(*(f.denominator for f in fractions))
        if multiple <= total:
            return ((1.0, np.array([int(f * multiple) for f in fractions])),)
    # Systematic sampling: of every episode's share the whole part is always there, and the rest with its probability.
    ends = np.concatenate([[0.0], np.cumsum(probabilities)]) * total
    ends[-1] = total
    offsets = np.unique(np.concatenate([[0.0, 1.0], ends % 1.0]))
    batches = []
    for begin, end in pairwise(offsets.tolist()):
        if end - begin <= _NO_WIDTH:
            continue
        marks = np.floor(ends - (begin + end) / 2)
        batches.append((end - begin, np.diff(marks).astype(np.int64)))
    return tuple(batches)
