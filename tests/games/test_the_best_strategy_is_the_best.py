"""No other deterministic strategy has a larger expected return, shared observations included."""

from itertools import product

import pytest
from hypothesis import given, settings

from gradcheck import InvalidArgument, TabularGame, best_strategy, expected_return, games
from gradcheck.strategies import policies, robot_games
from tree.unroll import unroll

OBSERVATIONS = tuple(games.robot_policy())


@settings(max_examples=100)
@given(game=robot_games(), policy=policies(games.robot()))
def test_nothing_is_better(game, policy):
    best = best_strategy(game)
    pure = {seen: (1 - action, action) for seen, action in best.actions.items()}
    assert expected_return(game, pure) == best.expected_return
    for actions in product((0, 1), repeat=3):
        other = {seen: (1 - action, action) for seen, action in zip(OBSERVATIONS, actions, strict=True)}
        assert expected_return(game, other) <= best.expected_return
    assert expected_return(game, policy) <= best.expected_return


def test_where_the_player_cannot_tell_states_apart_one_action_serves_both():
    # Alone, each room has a door worth 10; unseen, the best single choice is the right door, worth (10 + 0) / 2 + 1/2.
    rooms = {
        "a": {0: [(1, "out", 10, True)], 1: [(1, "out", 1, True)]},
        "b": {0: [(1, "out", 0, True)], 1: [(1, "out", 10, True)]},
    }
    blind = TabularGame(rooms, {"a": "1/2", "b": "1/2"}, horizon=1, observations={"a": "dark", "b": "dark"})
    best = best_strategy(blind)
    assert best.actions == {"dark": 1}
    assert best.expected_return == 11 / 2


def test_too_many_strategies_are_refused_with_their_number():
    with pytest.raises(InvalidArgument, match="number of strategies=8"):
        best_strategy(unroll(games.robot()), max_strategies=7)
