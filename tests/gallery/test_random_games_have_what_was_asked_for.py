"""A random game has the states, actions, observations, starts and chances it was asked for, and rational numbers."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import games

options = st.fixed_dictionaries(
    {
        "states": st.integers(1, 6),
        "actions": st.integers(1, 4),
        "horizon": st.none() | st.integers(1, 5),
        "outcomes": st.integers(1, 3),
        "illegal": st.booleans(),
        "discount": st.fractions(0, 1, max_denominator=10),
    }
)


@settings(max_examples=100)
@given(data=st.data(), seed=st.integers(0, 10**9), asked=options)
def test_the_options(data, seed, asked):
    shared = data.draw(st.integers(1, asked["states"]))
    starts = data.draw(st.integers(1, asked["states"]))
    game = games.random_game(seed, **asked, observations=shared, starts=starts)
    assert len(game.P) == asked["states"]
    assert game.num_actions == asked["actions"]
    assert len(set(game.observations.values())) == shared
    assert len(game.start) == starts
    assert (game.horizon, game.discount) == (asked["horizon"], asked["discount"])
    rows = [after for row in game.P.values() for after in row.values()]
    assert all(1 <= len(after) <= asked["outcomes"] for after in rows)
    assert all(isinstance(number, Fraction) for after in rows for p, _, r, _ in after for number in (p, r))
    assert all(p > 0 for after in rows for p, _, _, _ in after)
    if not asked["illegal"]:
        assert all(len(row) == asked["actions"] for row in game.P.values())


@pytest.mark.parametrize("sign", [1, -1])
def test_rewards_of_both_signs_come_up(sign):
    rewards = [r for row in games.random_game(0).P.values() for after in row.values() for _, _, r, _ in after]
    assert any(r * sign > 0 for r in rewards)


def test_control_illegal_actions_come_up_where_they_are_asked_for():
    game = games.random_game(0, states=6, actions=3, illegal=True)
    assert any(len(row) < 3 for row in game.P.values())
