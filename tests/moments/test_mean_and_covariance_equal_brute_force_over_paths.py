"""The moments from one recursion over the game are those of enumerating every episode: any scores, any baseline."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.variance.moments import meets_once, score_moments
from tests.exhaustive import examples

CORRIDOR = TabularGame(
    {
        cell: {
            0: [(1, max(cell - 1, 0), -1, False)],
            1: [("2/3", cell + 1, 5, cell == 2), ("1/3", cell, -1, False)],
        }
        for cell in range(3)
    },
    {0: "1/4", 2: "3/4"},
    horizon=4,
    observations=dict.fromkeys(range(3), "dark"),
    discount="9/10",
)
X = np.array([1 / 3, 2 / 3])


@examples(150)  # up to a hundred episodes each, one by one in Python
@given(data=st.data())
def test_in_random_games(data, drawn_settings, brute_force, softmax_scores, estimator):
    tree, x, baseline, scores = data.draw(drawn_settings())
    told = brute_force(tree, x, softmax_scores(tree, x) if scores is None else scores, baseline=baseline, **estimator)
    full = score_moments(tree, x, baseline=baseline, scores=scores, covariance=True, **estimator)
    only = score_moments(tree, x, baseline=baseline, scores=scores, **estimator)
    assert abs(full.mean - told.mean).max() <= told.mean_tolerance
    assert abs(full.covariance - told.covariance).max() <= told.tolerance
    assert abs(only.variance - told.covariance.diagonal()).max() <= told.tolerance
    assert (full.variance == full.covariance.diagonal()).all()
    assert (only.variance >= 0).all()
    assert only.covariance is None


def test_one_observation_met_at_every_step(brute_force, softmax_scores, estimator):
    tree = unroll(CORRIDOR)
    assert not meets_once(tree)
    told = brute_force(tree, X, softmax_scores(tree, X), baseline=2.5, **estimator)
    found = score_moments(tree, X, baseline=2.5, covariance=True, **estimator)
    assert abs(found.covariance - told.covariance).max() <= told.tolerance


def test_probabilities_themselves_as_parameters(brute_force, estimator):
    """Their scores 1/x do not have mean zero."""
    tree = unroll(CORRIDOR)
    told = brute_force(tree, X, np.diag(1 / X), baseline=2.5, **estimator)
    found = score_moments(tree, X, baseline=2.5, scores=np.diag(1 / X), covariance=True, **estimator)
    assert abs(found.mean - told.mean).max() <= told.mean_tolerance
    assert abs(found.covariance - told.covariance).max() <= told.tolerance


def test_actions_that_are_never_taken_need_no_score(estimator):
    tree, x = unroll(CORRIDOR), np.array([0.0, 1.0])
    found = score_moments(tree, x, scores=np.diag([np.inf, 1.0]), covariance=True, **estimator)
    told = score_moments(tree, x, scores=np.diag([0.0, 1.0]), covariance=True, **estimator)
    assert (found.covariance == told.covariance).all()


def test_probabilities_are_divided_by_their_sum_as_half_precision_leaves_it(estimator):
    tree = unroll(CORRIDOR)
    found, told = (score_moments(tree, x, **estimator).variance for x in (X * 1.01, X))
    assert found == pytest.approx(told, rel=1e-13)


def test_control_without_pairs_of_steps_the_variance_is_another(brute_force, softmax_scores, estimator):
    tree = unroll(CORRIDOR)
    told = brute_force(tree, X, softmax_scores(tree, X), **estimator)
    found = score_moments(tree, X, **estimator).variance
    assert abs(told.variance_without_pairs - found).min() > 0.1


def test_control_another_estimator_or_baseline_has_another_variance(estimator):
    tree = unroll(CORRIDOR)
    found = score_moments(tree, X, **estimator).variance
    others = [{"estimator": "reward_to_go", "from_the_start": True}, {"estimator": "total_return"}]
    for other in [other for other in others if not other.items() <= estimator.items()] + [{**estimator, "baseline": 1}]:
        assert abs(score_moments(tree, X, **other).variance - found).max() > 0.1
