"""The optimal baselines minimise the total variance: no other does better, and brute force finds the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import TabularGame, expected_return, games
from gradcheck.gradient_variance import gradient_moments, optimal_baseline
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.variance import optimal_baseline as baselines
from gradcheck.tree.variance.moments import meets_once, score_moments

SHARED = TabularGame(
    {
        cell: {
            0: [(1, max(cell - 1, 0), -1, False)],
            1: [("2/3", cell + 1, 5, cell == 2), ("1/3", cell, -1, False)],
        }
        for cell in range(3)
    },
    {0: "1/4", 2: "3/4"},
    horizon=4,
    observations={0: "wall", 1: "dark", 2: "dark"},
    discount="9/10",
)


@settings(max_examples=100)  # up to a hundred episodes each, one by one in Python, for each observation
@given(data=st.data())
def test_they_are_the_minimum_of_the_brute_force_quadratic(
    data, drawn_settings, brute_force, softmax_scores, estimator
):
    tree, x, _, scores = data.draw(drawn_settings(positive=True))
    logits = softmax_scores(tree, x)
    scores = None if scores is None else logits @ scores  # of a network with these logits: they have mean zero
    rows = logits if scores is None else scores

    def estimates(baseline):
        return brute_force(tree, x, rows, baseline=baseline, **estimator)

    without = estimates(0)
    by_infoset = [without.estimates - estimates(unit).estimates for unit in np.eye(len(tree.observations))]
    curve = np.array([without.probabilities @ (term**2).sum(axis=1) for term in by_infoset])
    bend = np.array([without.probabilities @ (term * without.estimates).sum(axis=1) for term in by_infoset])
    told = np.divide(bend, curve, out=np.zeros(len(curve)), where=curve > 1e-20)

    found = baselines.optimal_baseline(tree, x, kind="per_observation", scores=scores, **estimator)
    # u and m are sums of the squares that tolerance is about; dividing by a small m makes their rounding large.
    rounding = 10 * without.tolerance / np.where(curve > 1e-20, curve, 1)
    assert (abs(found - told) <= rounding + 1e-12 * abs(told)).all()
    constant = baselines.optimal_baseline(tree, x, scores=scores, **estimator)
    if curve.sum() > 1e-20:
        assert constant == pytest.approx(bend.sum() / curve.sum(), rel=1e-12, abs=rounding.min())


@pytest.fixture
def total_variance(estimator):
    tree, x = unroll(SHARED), np.array([0.2, 0.8, 0.6, 0.4])
    return lambda baseline: score_moments(tree, x, baseline=baseline, **estimator).total_variance


@pytest.fixture
def best(estimator):
    tree, x = unroll(SHARED), np.array([0.2, 0.8, 0.6, 0.4])
    return (
        baselines.optimal_baseline(tree, x, **estimator),
        baselines.optimal_baseline(tree, x, kind="per_observation", **estimator),
    )


@pytest.mark.parametrize("step", [1e-3, 0.1, 10])
def test_any_step_away_from_them_is_worse(total_variance, best, step):
    constant, each = best
    for direction in (-1, 1):
        assert total_variance(constant + direction * step) > total_variance(constant)
        for unit in np.eye(len(each)):
            assert total_variance(each + direction * step * unit) > total_variance(each)
    assert total_variance(each) < total_variance(constant) < total_variance(0)


def test_control_the_mean_return_is_not_the_best_constant(total_variance, best):
    mean = float(expected_return(SHARED, {"wall": (0.2, 0.8), "dark": (0.6, 0.4)}))
    assert total_variance(mean) > total_variance(best[0]) * 1.001


def test_control_where_steps_share_parameters_the_textbook_form_is_not_the_best(softmax_scores):
    tree, x = unroll(SHARED), np.array([0.2, 0.8, 0.6, 0.4])
    assert not meets_once(tree)
    found, v = evaluate(tree, x), tree.choice_variable
    weight = found.node_reach[tree.choice_node] * x[v] * (softmax_scores(tree, x) ** 2).sum(axis=1)[v]
    textbook = float(weight @ found.action_value / weight.sum())
    best = baselines.optimal_baseline(tree, x, from_the_start=False)
    worse, least = (score_moments(tree, x, baseline=b, from_the_start=False).total_variance for b in (textbook, best))
    assert worse > 1.001 * least


def test_the_textbook_form_where_no_observation_is_met_twice():
    # One step: E[|ψ|²G] / E[|ψ|²] with |ψ|² = 2 (0.3)² for action 0 (probability 0.7, worth 3), 2 (0.7)² for the other.
    textbook = (0.7 * 0.3**2 * 3 + 0.3 * 0.7**2 * 10) / (0.7 * 0.3**2 + 0.3 * 0.7**2)
    assert optimal_baseline(games.robot_one_step(), {(2, 1): (0.7, 0.3)}) == pytest.approx(textbook, rel=1e-14)


def test_two_equally_likely_actions_have_no_variance_left():
    game, policy = games.robot_one_step(), {(2, 1): (0.5, 0.5)}
    best = optimal_baseline(game, policy)
    assert best == 13 / 2
    assert gradient_moments(game, policy, baseline=best).flat.total_variance == 0
    assert gradient_moments(game, policy, baseline=best + 1).flat.total_variance > 0.1


def test_without_a_choice_it_is_0():
    game = TabularGame({"a": {0: [(1, "b", 3, False)]}, "b": {0: [(1, "c", 1, True)], 1: [(1, "c", 5, True)]}}, "a", 2)
    best = optimal_baseline(game, {"a": (1, 0), "b": (0.5, 0.5)}, kind="per_observation")
    assert best == {"a": 0, "b": 3}


def test_rounding_in_place_of_a_score_makes_no_baseline():
    """The single action of "a" has no score; a network may leave 1e-17 of one."""
    game = TabularGame({"a": {0: [(1, "b", 3, False)]}, "b": {0: [(1, "c", 1, True)], 1: [(1, "c", 5, True)]}}, "a", 2)
    tree, x = unroll(game), np.array([1, 0.5, 0.5])
    found = baselines.optimal_baseline(tree, x, kind="per_observation", scores=np.array([[1e-17], [1.0], [-1.0]]))
    assert found.tolist() == [0, 3]
