"""Drawn policies are exact distributions, deterministic ones too; drawn games have the robot's tree."""

from fractions import Fraction

import pytest
from hypothesis import Phase, find, given, settings

from gradcheck import TabularGame, games
from gradcheck.strategies import episodes, policies, robot_games
from tree.unroll import unroll

SOME_ILLEGAL = TabularGame(
    {"a": {0: [(1, "b", 0, False)], 2: [(1, "b", 1, False)]}, "b": {1: [(1, "a", 2, True)]}}, "a", horizon=2
)


def drawn(strategy, condition):
    """An example that meets the condition, as it was drawn: shrinking it would say nothing more, and take a minute."""
    return find(strategy, condition, settings=settings(phases=[Phase.generate], deadline=None, max_examples=2000))


@given(policy=policies(SOME_ILLEGAL))
def test_policies_are_exact_distributions_over_legal_actions(policy):
    assert set(policy) == {"a", "b"}
    tree = unroll(SOME_ILLEGAL)
    for row, legal in zip(map(policy.get, tree.observations), tree.legal_actions, strict=True):
        assert all(isinstance(p, Fraction) and 0 <= p <= 1 for p in row)
        assert sum(row) == 1
        assert not any(p for p, ok in zip(row, legal, strict=True) if not ok)


@given(policy=policies(games.robot(), positive=True))
def test_positive_policies_leave_every_action_possible(policy):
    assert all(p > 0 for row in policy.values() for p in row)


@pytest.mark.parametrize("wanted", [0, 1])
def test_deterministic_rows_are_found(wanted):
    assert drawn(policies(games.robot()), lambda policy: policy[2, 1][0] == wanted)[2, 1][0] == wanted


@given(game=robot_games())
def test_robot_games_have_the_robots_tree(game):
    tree, robot = unroll(game), unroll(games.robot())
    assert tree.variables == robot.variables
    assert tree.edge_state == robot.edge_state
    assert tree.exact


@pytest.mark.parametrize("slip", [0, 1])
def test_a_slip_that_is_certain_or_impossible_is_found(slip):
    assert drawn(robot_games(), lambda game: game.P[1, 0][1][0][0] == slip)


def test_rewards_of_both_signs_and_none_are_found():
    for sign in (lambda r: r > 0, lambda r: r < 0, lambda r: r == 0):
        assert drawn(robot_games(), lambda game, sign=sign: sign(game.P[2, 1][0][0][2]))


@settings(max_examples=100)
@given(batch=episodes(games.robot(), {(2, 1): (1, 0), (1, 0): (0, 1), (2, 0): (0, 1)}, max_size=3))
def test_batches_hold_possible_episodes_only(batch):
    assert 1 <= batch.num_episodes <= 3
    assert set(batch.future_returns[batch.time_steps == 0].tolist()) <= {-7, 13}
