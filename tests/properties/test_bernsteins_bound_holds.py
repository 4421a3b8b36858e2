"""The bound is exceeded no more often than it says: compared with exact binomial tails, where nothing is sampled."""

import math

import numpy as np
import pytest

from gradcheck.report.estimates import bernstein_bound


def tail(size, probability, epsilon):
    """P(|mean - p| > ε) for the mean of ``size`` coin tosses, exactly (to rounding)."""
    total = 0.0
    for heads in range(size + 1):
        if abs(heads / size - probability) > epsilon:
            log = math.lgamma(size + 1) - math.lgamma(heads + 1) - math.lgamma(size - heads + 1)
            total += math.exp(log + heads * math.log(probability) + (size - heads) * math.log1p(-probability))
    return total


@pytest.mark.parametrize("false_alarm", [0.1, 1e-2, 1e-6])
@pytest.mark.parametrize("probability", [0.5, 0.3, 0.01])
@pytest.mark.parametrize("size", [1, 10, 1_000])
def test_exact_tails_are_below_the_stated_rate(size, probability, false_alarm):
    variance, largest = probability * (1 - probability), max(probability, 1 - probability)
    (epsilon,) = bernstein_bound(np.array([variance]), np.array([largest]), size, false_alarm)
    assert tail(size, probability, epsilon) <= false_alarm


def test_control_three_standard_errors_are_not_a_sound_bound():
    # Ten tosses of a coin that shows heads one time in a hundred: the normal approximation promises 0.0027.
    size, probability = 10, 0.01
    epsilon = 3 * math.sqrt(probability * (1 - probability) / size)
    assert tail(size, probability, epsilon) > 0.004


def test_where_nothing_varies_the_bound_is_zero():
    assert bernstein_bound(np.zeros(1), np.zeros(1), 10, 1e-6).tolist() == [0]
