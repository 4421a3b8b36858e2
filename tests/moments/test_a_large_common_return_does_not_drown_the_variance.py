"""Where every episode earns an extra 2**30 and the baseline says so, the variance is what it was without both."""

import numpy as np
import pytest

from gradcheck import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.variance.moments import score_moments
from gradcheck.tree.variance.optimal_baseline import optimal_baseline

EXTRA = 2**30
X = np.array([0.7, 0.3, 0.4, 0.6, 0.8, 0.2])


def tower(extra):
    """Two rooms below, one above; every episode ends there, with the extra reward."""
    return TabularGame(
        {
            "left": {0: [(1, "top", 2, False)], 1: [("1/2", "right", -3, False), ("1/2", "top", 4, False)]},
            "right": {0: [(1, "top", -5, False)], 1: [(1, "top", 1, False)]},
            "top": {
                0: [(1, "out", 6 + extra, True)],
                1: [("1/4", "out", -8 + extra, True), ("3/4", "out", extra, True)],
            },
        },
        "left",
        horizon=None,
    )


@pytest.fixture(scope="module")
def both():
    return unroll(tower(0)), unroll(tower(EXTRA))


@pytest.mark.parametrize("estimator", ["reward_to_go", "total_return"])
@pytest.mark.parametrize("covariance", [False, True])
def test_the_variance(both, estimator, covariance):
    small, large = (
        score_moments(tree, X, estimator=estimator, baseline=extra, covariance=covariance).variance
        for tree, extra in zip(both, (0, EXTRA), strict=True)
    )
    # The mean returns are rounded at 2**30 · 2**-53 = 1e-7, and multiplied with weights up to 10.
    assert abs(large - small).max() < 1e-5
    assert small.min() > 0.1


@pytest.mark.parametrize("estimator", ["reward_to_go", "total_return"])
def test_the_optimal_baseline(both, estimator):
    small, large = (optimal_baseline(tree, X, kind="per_observation", estimator=estimator) for tree in both)
    assert abs(large - EXTRA - small).max() < 1e-5


def test_control_differences_of_raw_second_moments_would_drown():
    returns = np.array([13.0, -7.0, 3.0]) + EXTRA
    raw = (returns**2).mean() - 2 * EXTRA * returns.mean() + EXTRA**2
    assert abs(raw - ((returns - EXTRA) ** 2).mean()) > 1
