"""Sound bounds for sampled means: valid at every sample size, with a stated probability of a false alarm."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bernstein_bound(variance: Floats, largest: Floats, size: int, false_alarm: float) -> Floats:
    r"""Bound how far the mean of ``size`` independent draws strays from its expectation.

    .. math:: P(|mean - \mu| \ge \epsilon) \le 2 \exp\frac{- n \epsilon^2}{2 \sigma^2 + \frac23 M \epsilon}

    solved for ε. Unlike "three standard errors" it needs no large sample and no normal distribution, only the
    variance and the range, which are known exactly where all episodes can be enumerated.

    Args:
        variance: [P] σ² of one draw, exact.
        largest: [P] M, the largest distance of a draw from its expectation, exact.
        size: n, the number of draws.
        false_alarm: the probability, for each of the P means by itself, that a right one exceeds its bound.

    Returns:
        [P] ε.

    Reference:
        Boucheron, Lugosi & Massart (2013), *Concentration Inequalities*, corollary 2.11 (Bernstein).
    """
    log = math.log(2 / false_alarm)
    linear = 2 / 3 * largest * log
    return (linear + np.sqrt(linear**2 + 8 * size * variance * log)) / (2 * size)
