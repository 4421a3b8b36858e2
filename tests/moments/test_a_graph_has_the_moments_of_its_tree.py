"""Whether equal histories are merged makes no difference, to moments and to baselines; how often steps meet does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import TabularGame, strategies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.policy_table import action_probabilities
from gradcheck.tree.variance.moments import score_moments
from gradcheck.tree.variance.optimal_baseline import optimal_baseline

WALK = TabularGame(
    {
        cell: {
            step: [("3/4", min(max(cell + move, 0), 3), cell - 1, False), ("1/4", cell, 2, cell == 3)]
            for step, move in enumerate((-1, 1))
        }
        for cell in range(4)
    },
    {1: "1/3", 2: "2/3"},
    horizon=6,
    discount="9/10",
)


def differences(game, table, estimator, scores=None):
    graph, tree = (unroll(game, merge=merge) for merge in (True, False))
    x = action_probabilities(graph, table).astype(float)
    found, told = (score_moments(g, x, covariance=True, scores=scores, **estimator) for g in (graph, tree))
    size = abs(told.covariance).max() + abs(told.mean).max() ** 2
    yield abs(found.mean - told.mean).max() / (size**0.5 or 1)
    yield abs(found.covariance - told.covariance).max() / (size or 1)


@settings(max_examples=100)  # each takes two recursions
@given(data=st.data())
def test_in_random_games(data, estimator):
    game = data.draw(strategies.games(max_horizon=5, max_episodes=1000))
    table = data.draw(strategies.policies(game))
    assert max(differences(game, table, estimator)) <= 1e-10  # a thousand episodes, of returns that partly cancel


def test_where_a_thousand_histories_are_twenty_nodes(estimator):
    assert unroll(WALK, merge=True).num_nodes < 30
    assert unroll(WALK, merge=False).num_nodes > 1000
    table = dict.fromkeys(range(4), ("1/3", "2/3"))
    assert max(differences(WALK, table, estimator)) <= 1e-12
    assert max(differences(WALK, table, estimator, np.random.default_rng(0).normal(size=(8, 3)))) <= 1e-12


@pytest.mark.parametrize("kind", ["constant", "per_observation"])
def test_baselines(kind, estimator):
    x = np.tile([1 / 3, 2 / 3], 4)
    found, told = (optimal_baseline(unroll(WALK, merge=m), x, kind=kind, **estimator) for m in (True, False))
    assert found == pytest.approx(told, rel=1e-12)


def test_control_a_shorter_walk_has_other_moments(estimator):
    shorter = TabularGame(WALK.P, WALK.start, 5, discount=WALK.discount)
    x = np.tile([1 / 3, 2 / 3], 4)
    found, other = (score_moments(unroll(game), x, **estimator) for game in (WALK, shorter))
    assert abs(found.variance - other.variance).min() > 0.01
