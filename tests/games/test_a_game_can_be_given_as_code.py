"""Any object with the methods of ``Game`` is a game: here the robot's, written as rules."""

from fractions import Fraction

import pytest

from gradcheck import Game, InvalidArgument, expected_return, games, partials, sample, symbolic_sums


class Robot:
    """The rules of the robot game; a state is (position, diamond)."""

    num_actions = 2
    horizon = 3
    discount = Fraction(1)

    def starts(self):
        return [(Fraction(1), (2, 1))]

    def legal_actions(self, state):
        return (0, 1)

    def observe(self, state):
        return state

    def step(self, state, action):
        position, diamond = state
        if position == 2:
            return [(1, (3, diamond), 10, True)] if action else [(1, (1, 0), 3 * diamond, False)]
        fall = (1, (0, 0), -10, True)
        slips = Fraction(1, 10)
        return [(slips, (0, 0), -10, True), (1 - slips, (2, 0), 0, False)] if action else [fall]


def test_it_is_a_game():
    assert isinstance(Robot(), Game)


def test_it_has_the_same_truth_as_the_table():
    policy = games.robot_policy()
    assert symbolic_sums(Robot()).R == symbolic_sums(games.robot()).R
    assert expected_return(Robot(), policy) == Fraction("2.636")
    assert partials(Robot(), policy) == partials(games.robot(), policy)


def test_the_same_seed_gives_the_same_episodes():
    rules, table = (sample(game, games.robot_policy(), 50, seed=2) for game in (Robot(), games.robot()))
    assert rules.rewards.tolist() == table.rewards.tolist()


def test_what_is_no_game_is_refused():
    with pytest.raises(InvalidArgument, match="Expected a game"):
        expected_return("robot", games.robot_policy())
