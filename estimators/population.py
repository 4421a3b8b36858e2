"""Large batches in which every episode is as frequent as it is probable: what small batches tend to as they grow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np

from gradcheck.tree.types import Floats, Integers

_ROUNDING = 1e-14  # of a probability that is a product of a few rationals
_NO_WIDTH = 1e-11  # of an interval between two numbers that differ by the rounding of sums up to ``total``


def populations(probabilities: Floats, total: int, *, most: int | None = None) -> tuple[tuple[float, Integers], ...]:
    """Batches, as numbers of repetitions [K], whose weighted average holds each episode exactly as often as it should.

    Where the probabilities have a common denominator of at most ``total``, one batch is enough. Otherwise there are up
    to K batches of ``total`` episodes each, in which the repetitions of an episode differ by one at most. A smooth
    function of the frequencies, averaged over these batches, has its value at the true frequencies, up to terms in
    1 / total².

    Args:
        probabilities: [K], above 0, of sum 1.
        total: the most episodes in a batch; where one is enough it holds as many as can be.
        most: batches. Where there would be more there are so many, at equal distances: then the average holds an
            episode too often or too seldom by 1 / most at most.

    Returns:
        Weights, of sum 1, and repetitions.

    >>> [(weight, repeats.tolist()) for weight, repeats in populations(np.array([0.25, 0.75]), 100)]
    [(1.0, [25, 75])]
    >>> thirds = populations(np.array([1 / 3, 2 / 3]), 2)
    >>> [(round(weight, 3), repeats.tolist()) for weight, repeats in thirds]
    [(0.667, [1, 1]), (0.333, [0, 2])]
    """
    multiple = common_denominator(probabilities, total)
    if multiple is not None:
        return ((1.0, np.rint(probabilities * (total // multiple * multiple)).astype(np.int64)),)
    # Systematic sampling: of every episode's share the whole part is always there, and the rest with its probability.
    ends = np.concatenate([[0.0], np.cumsum(probabilities)]) * total
    ends[-1] = total
    offsets = np.unique(np.concatenate([[0.0, 1.0], ends % 1.0]))
    if most is not None and len(offsets) > most + 1:
        offsets = np.linspace(0.0, 1.0, most + 1)
    batches = []
    for begin, end in pairwise(offsets.tolist()):
        if end - begin <= _NO_WIDTH:
            continue
        marks = np.floor(ends - (begin + end) / 2)
        batches.append((end - begin, np.diff(marks).astype(np.int64)))
    return tuple(batches)


def common_denominator(probabilities: Floats, most: int) -> int | None:
    """The least number of episodes of which each can have exactly its share; None where that is more than ``most``.

    >>> common_denominator(np.array([0.25, 0.75]), 100), common_denominator(np.array([0.3, 0.7]), 9)
    (4, None)
    """
    fractions = [Fraction(p).limit_denominator(most) for p in probabilities.tolist()]
    if any(abs(float(f) - p) > _ROUNDING for f, p in zip(fractions, probabilities.tolist(), strict=True)):
        return None
    multiple = math.lcm(*(f.denominator for f in fractions))
    return multiple if multiple <= most else None


def one_more_or_fewer(repeats: Integers, most: int) -> Iterator[Integers]:
    """The same batch with one episode of a kind more, and with one fewer, for the ``most`` commonest kinds.

    >>> [other.tolist() for other in one_more_or_fewer(np.array([2, 5]), 1)]
    [[2, 6], [2, 4]]
    """
    for kind in np.argsort(-repeats, kind="stable")[:most]:
        for change in (1, -1):
            if repeats[kind] + change >= 0:
                other = repeats.copy()
                other[kind] += change
                yield other
