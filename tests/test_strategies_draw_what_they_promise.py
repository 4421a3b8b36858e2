"""Drawn policies are exact distributions, deterministic ones too; drawn games are small, and awkward in every way."""

from fractions import Fraction

import pytest
from hypothesis import Phase, find, given, settings

from gradcheck import InvalidArgument, TabularGame, games
from gradcheck import strategies as drawing
from gradcheck.strategies import episodes, policies, robot_games
from gradcheck.tree.unroll import unroll

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
    def skeleton(game):
        rows = {
            state: {a: [(s, end) for _, s, _, end in after] for a, after in game.P[state].items()} for state in game.P
        }
        return rows, game.start, game.horizon, game.observations, game.discount

    assert skeleton(game) == skeleton(games.robot())
    assert unroll(game).exact


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


def outcomes(game):
    return [outcome for row in game.P.values() for after in row.values() for outcome in after]


AWKWARD = {
    "an observation of two states": lambda game: len(set(game.observations.values())) < len(game.P),
    "an observation that comes again": lambda game: games.survey(game).longest > games.survey(game).observations,
    "chance": lambda game: any(0 < chance < 1 for chance, *_ in outcomes(game)),
    "an outcome of probability 0": lambda game: any(chance == 0 for chance, *_ in outcomes(game)),
    "different lengths": lambda game: games.survey(game).shortest < games.survey(game).longest,
    "two starts": lambda game: len(game.start) == 2,
    "an illegal action": lambda game: any(len(row) < game.num_actions for row in game.P.values()),
    "a discount": lambda game: 0 < game.discount < 1,
    "a discount of 0": lambda game: game.discount == 0,
    "a gain": lambda game: any(reward > 0 for _, _, reward, _ in outcomes(game)),
    "a loss": lambda game: any(reward < 0 for _, _, reward, _ in outcomes(game)),
    "no reward": lambda game: any(reward == 0 for _, _, reward, _ in outcomes(game)),
    "no horizon": lambda game: game.horizon is None and games.survey(game).longest > 1,
    "an episode cut by the horizon": lambda game: any(not ends for *_, ends in outcomes(game)) and game.horizon == 1,
}


@pytest.mark.parametrize("feature", AWKWARD)
def test_every_awkward_feature_is_found(feature):
    assert AWKWARD[feature](drawn(drawing.games(), AWKWARD[feature]))


@given(game=drawing.games())
def test_games_are_small_and_exact(game):
    assert len(game.P) <= 3
    assert game.num_actions <= 3
    assert game.horizon is None or game.horizon <= 3
    assert len(game.start) <= 2
    assert all(len(after) <= 2 for row in game.P.values() for after in row.values())
    assert games.survey(game).episodes <= 100
    assert unroll(game).exact


@settings(max_examples=100)  # larger games take longer to draw
@given(game=drawing.games(max_states=6, max_actions=4, max_horizon=6, max_outcomes=3, max_starts=3, max_episodes=30))
def test_larger_games_keep_to_their_limits_too(game):
    assert len(game.P) <= 6
    assert len(game.start) <= 3
    assert games.survey(game).episodes <= 30 or game.horizon == 1


def test_games_shrink_to_one_action_worth_nothing():
    game = find(drawing.games(), lambda game: True, settings=settings(deadline=None))
    assert outcomes(game) == [(1, 1, 0, True)]
    assert (len(game.P), game.horizon, game.discount) == (1, 1, 1)


@settings(max_examples=100)
@given(game=drawing.games(max_outcomes=1))
def test_control_without_chance_there_is_none(game):
    assert not AWKWARD["chance"](game)


@pytest.mark.parametrize("limit", ["states", "actions", "horizon", "outcomes", "starts", "episodes"])
def test_a_limit_below_1_is_refused(limit):
    with pytest.raises(InvalidArgument, match=f"max_{limit}=0"):
        drawing.games(**{f"max_{limit}": 0})
