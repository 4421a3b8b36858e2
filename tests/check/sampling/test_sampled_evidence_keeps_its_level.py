"""The wealth against the null is a martingale from 1: its expectation is exact, and so is what Ville makes of it."""

import itertools
import math

import numpy as np
import pytest

from gradcheck.checking.expectation.betting_test import decide

NEVER = {"alpha": 1e-300, "alpha_equivalent": 1e-300}
#: Three draws of two numbers, of unequal probability, size and spread.
DRAWS = np.array([[3.0, -1.0], [0.0, 2.0], [-1.0, 0.5]])
CHANCES = np.array([0.2, 0.5, 0.3])
MEAN = CHANCES @ DRAWS
VARIANCE = CHANCES @ DRAWS**2 - MEAN**2
FACTS = {"variance": VARIANCE, "bounds": (DRAWS.min(axis=0), DRAWS.max(axis=0))}
FALSE_ALARMS = 0.05
RUNS = 200


def sampled(rng, draws=DRAWS, chances=CHANCES):
    return lambda count: draws[rng.choice(len(draws), count, p=chances)]


def expected_evidence(truth, length, **options):
    """E of the wealth after so many draws, over all sequences of them."""
    total = 0.0
    for sequence in itertools.product(range(len(DRAWS)), repeat=length):
        found = decide(lambda count, s=sequence: DRAWS[list(s)], truth, max_draws=length, **FACTS, **NEVER, **options)
        assert found.draws == length
        total += math.prod(CHANCES[list(sequence)]) * math.exp(found.log_evidence)
    return total


@pytest.mark.parametrize("length", [1, 3, 6])
def test_its_expectation_is_one_under_the_exact_null(length):
    assert expected_evidence(MEAN, length) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("scale", [1, 0.1, 7])
def test_its_expectation_is_at_most_one_under_the_proportional_null(scale):
    """Half of it is a martingale, whatever c is; the half on the sign of c only loses."""
    assert 0.5 < expected_evidence(MEAN / scale, 6, proportional=True) <= 1 + 1e-12


@pytest.mark.parametrize("proportional", [False, True])
def test_control_its_expectation_grows_where_the_null_is_wrong(proportional):
    assert expected_evidence(MEAN * [-1, 1], 6, proportional=proportional) > 1.01


def share(decision, truth, runs=RUNS, draws=DRAWS, **options):
    """How many of many tests end so; each looks after every draw."""
    found = (
        decide(sampled(np.random.default_rng(seed), draws), truth, **FACTS | options, max_draws=250)
        for seed in range(runs)
    )
    return sum(one.decision == decision for one in found) / runs


@pytest.mark.parametrize(("proportional", "truth"), [(False, MEAN), (True, 3 * MEAN)])
def test_false_alarms_are_no_more_than_alpha(proportional, truth):
    """At α = 0.05 and 200 runs, more than 14 % would come of a right test with a probability below 1e-6."""
    found = share("reject", truth, alpha=FALSE_ALARMS, alpha_equivalent=1e-9, proportional=proportional)
    assert found <= 0.14


def test_false_equivalence_is_no_more_than_its_alpha_where_the_bias_is_just_the_tolerance():
    """As above: at 0.05, more than 14 % of 200 would be a chance below 1e-6."""
    for sign in (1, -1):
        truth = np.array([MEAN[0], 1.0])
        shift = truth[1] * (1 + sign * 0.3) - MEAN[1]
        draws = DRAWS + np.array([0, shift])  # off by 0.3 max|μ| in one coordinate
        bounds = draws.min(axis=0), draws.max(axis=0)
        options = {"alpha": 1e-9, "alpha_equivalent": 0.05, "tolerance": 0.3, "draws": draws, "bounds": bounds}
        assert share("equivalent", truth, **options) <= 0.14
        assert share("equivalent", truth, runs=20, **options | {"tolerance": 0.9}) > 0.9  # control


def test_control_a_wrong_truth_is_rejected():
    assert share("reject", MEAN * [-1, 1], runs=20, alpha=FALSE_ALARMS) == 1
