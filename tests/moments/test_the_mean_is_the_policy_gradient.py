"""Reward-to-go with γ^t, and total returns, have the gradient of the expected discounted return as their mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import TabularGame, TabularPolicy, games, policy_gradient, strategies
from gradcheck.gradient_variance import gradient_moments
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities
from gradcheck.tree.variance.moments import score_moments


@pytest.mark.parametrize("estimator", ["reward_to_go", "total_return"])
@settings(max_examples=100)  # torch in each
@given(data=st.data(), baseline=st.integers(-10, 10))
def test_in_the_logits_of_a_table_whatever_the_baseline(data, baseline, estimator):
    game = data.draw(strategies.games(max_horizon=4))
    table = data.draw(strategies.policies(game))
    found = gradient_moments(game, table, estimator=estimator, baseline=baseline).mean["logits"]
    told = policy_gradient(game, TabularPolicy(game, table))["logits"].numpy()
    # 4 steps, a few dozen roundings in each, of returns up to 4 times the largest reward.
    rewards = [abs(float(r)) for row in game.P.values() for after in row.values() for _, _, r, _ in after]
    assert abs(found - told).max() <= 4 * 64 * 2.0**-53 * (4 * max(rewards) + abs(baseline))


@pytest.fixture
def robot():
    tree = unroll(games.robot())
    return tree, action_probabilities(tree, games.robot_policy()).astype(float)


def test_where_probabilities_are_parameters_reward_to_go_has_the_partials_as_its_mean(robot):
    tree, x = robot
    found = score_moments(tree, x, scores=np.diag(1 / x)).mean
    assert found == pytest.approx(evaluate(tree, x).partials, abs=1e-14)  # a dozen roundings of numbers up to 10


def test_control_total_returns_do_not(robot):
    tree, x = robot
    found = score_moments(tree, x, scores=np.diag(1 / x), estimator="total_return").mean
    assert abs(found - evaluate(tree, x).partials).max() > 1


def test_control_in_a_discounted_game_the_factor_is_needed():
    shop = TabularGame(
        {
            "street": {0: [(1, "out", 1, True)], 1: [(1, "shop", -1, False)]},
            "shop": {0: [(1, "out", 0, True)], 1: [(1, "out", 4, True)]},
        },
        "street",
        horizon=None,
        discount="1/2",
    )
    table = {"street": ("1/3", "2/3"), "shop": ("3/4", "1/4")}
    told = policy_gradient(shop, TabularPolicy(shop, table))["logits"].numpy()
    assert abs(gradient_moments(shop, table).mean["logits"] - told).max() < 1e-15
    assert abs(gradient_moments(shop, table, from_the_start=False).mean["logits"] - told).max() > 0.1
