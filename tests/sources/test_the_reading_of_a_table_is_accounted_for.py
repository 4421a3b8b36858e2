"""From_gymnasium tells what it changes: floats read as fractions, rows left as floats, states left out."""

from fractions import Fraction

import numpy as np
import pytest

from gradcheck import InvalidArgument, expected_return
from gradcheck.tree.sources.from_gymnasium import from_gymnasium, read_gymnasium
from gradcheck.tree.sources.gymnasium_table import game_from_table
from gradcheck.tree.sources.optional_dependency import optional_module

gymnasium = optional_module("gymnasium", "gymnasium")


def test_the_floats_of_frozen_lake_are_thirds():
    table = read_gymnasium("FrozenLake-v1")
    assert dict(table.snapped) == {1.0 / 3.0: Fraction(1, 3), (1.0 - 1.0 / 3.0) / 2.0: Fraction(1, 3)}
    assert table.left_as_floats == ()


def test_control_a_table_of_halves_needs_no_reading():
    assert dict(read_gymnasium("FrozenLake-v1", success_rate=0.5).snapped) == {}


def test_a_success_rate_that_is_no_fraction_stays_a_float():
    table = read_gymnasium("FrozenLake-v1", success_rate=0.5**0.5)
    assert set(table.left_as_floats) == {(state, action) for state in table.game.P for action in range(4)}
    found = expected_return(table.game, dict.fromkeys(table.game.P, (1 / 4,) * 4))
    assert isinstance(found, float)


def test_96_states_of_the_taxi_cannot_be_met():
    # Gymnasium's own documentation: 404 of the 500 states, 4 of them only at the end.
    table = read_gymnasium("Taxi-v4")
    assert len(table.game.P) == 400
    assert len(table.unreachable) == 96
    env = gymnasium.make("Taxi-v4").unwrapped
    for state in table.unreachable:
        _, _, passenger, destination = env.decode(state)
        assert passenger == destination


def test_states_where_episodes_end_are_met():
    table = read_gymnasium("FrozenLake-v1")
    assert table.unreachable == ()
    assert len(table.game.P) == 11  # the others are four holes and the goal


def test_a_state_that_is_entered_with_probability_0_is_not_met():
    P = {0: {0: [(1, 0, 0, True), (0, 1, 0, False)]}, 1: {0: [(1, 0, 0, True)]}}
    table = game_from_table(P, [1.0, 0.0], horizon=None, discount=1)
    assert table.unreachable == (1,)
    assert table.game.step(0, 0) == ((1, 0, 0, True),)


def test_a_state_that_both_ends_episodes_and_goes_on_is_in_the_game():
    P = {0: {0: [(0.5, 1, 0, True), (0.5, 1, 1, False)]}, 1: {0: [(1, 0, 2, True)]}}
    table = game_from_table(P, [1, 0], horizon=None, discount=1)
    assert table.unreachable == ()
    assert expected_return(table.game, {0: (1,), 1: (1,)}) == Fraction(3, 2)


def test_a_table_in_single_precision():
    third = np.float32(1) / np.float32(3)
    P = {0: {0: [(third, 0, 1, True), (third, 0, 2, True), (third, 0, 3, True)]}}
    table = game_from_table(P, np.array([1], dtype=np.float32), horizon=1, discount=1)
    assert table.left_as_floats == ((0, 0),)
    assert expected_return(table.game, {0: (1,)}) == pytest.approx(2, rel=1e-15)


@pytest.mark.parametrize("last", [0.3, 0.7])
def test_probabilities_that_do_not_sum_to_1_are_refused_with_their_sum(last):
    P = {0: {0: [(0.5, 0, 1, True), (last, 0, 2, True)]}}
    with pytest.raises(InvalidArgument, match=rf"the probabilities in P\[0\]\[0\].* They sum to {0.5 + last}"):
        game_from_table(P, [1], horizon=1, discount=1)


def test_states_and_rewards_are_plain_numbers():
    game = from_gymnasium("CliffWalking-v1", horizon=10)
    following = [row[1] for actions in game.P.values() for rows in actions.values() for row in rows]
    assert {type(state) for state in [*game.P, *following]} == {int}
    assert game.step(36, 1)[0] == (1, 36, -100, False)


def test_the_smallest_time_limit_is_the_horizon():
    assert from_gymnasium("FrozenLake-v1").horizon == 100
    assert from_gymnasium("FrozenLake-v1", horizon=7).horizon == 7
    assert from_gymnasium("FrozenLake-v1", max_episode_steps=9).horizon == 9
    env = gymnasium.make("FrozenLake-v1")
    assert from_gymnasium(gymnasium.wrappers.TimeLimit(env, 5)).horizon == 5
    assert from_gymnasium(gymnasium.wrappers.TimeLimit(env, 500)).horizon == 100
    inner = gymnasium.wrappers.TimeLimit(gymnasium.make("CliffWalking-v1").unwrapped, 6)
    assert from_gymnasium(gymnasium.wrappers.OrderEnforcing(inner)).horizon == 6


def test_an_environment_may_be_given_as_it_is():
    env = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("FrozenLake-v1", map_name="8x8"))
    assert from_gymnasium(env) == from_gymnasium("FrozenLake-v1", map_name="8x8")
    assert from_gymnasium(gymnasium.make("Blackjack-v1", sab=False)) == from_gymnasium("Blackjack-v1", sab=False)
    assert from_gymnasium("Blackjack-v1", sab=False) != from_gymnasium("Blackjack-v1")
