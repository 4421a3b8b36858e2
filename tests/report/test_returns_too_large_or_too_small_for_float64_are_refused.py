"""Rewards whose squares pass the range of float64 get one clear message, not a warning or a wrong verdict; those
within it, however large or small, get a report."""

import pytest

from gradcheck import InvalidArgument, TabularGame
from gradcheck.report.data import make_report


def one_decision(reward):
    return TabularGame({"s": {0: [(1, "end", reward, True)], 1: [(1, "end", -1, True)]}}, "s", 1)


def many_decisions(reward):
    again = [("1/2", "s", reward, False), ("1/2", "s", -reward / 2, False)]
    return TabularGame({"s": {0: again, 1: [(1, "s", 0, False)]}}, "s", 12)


GAMES = pytest.mark.parametrize("game", [one_decision, many_decisions])


@GAMES
@pytest.mark.parametrize("reward", [1e101, 1e200, 1e308, -1e308])
def test_huge_rewards_are_refused(game, reward):
    with pytest.raises(
        InvalidArgument, match="below 1e\\+100 times the smallest probability but got the largest return"
    ):
        make_report(game(reward), episodes=1000)


@pytest.mark.parametrize("reward", [1e-102, 1e-200, 5e-324])
def test_tiny_rewards_are_refused(reward):
    with pytest.raises(InvalidArgument, match="Expected returns above 1e-100"):
        make_report(many_decisions(reward), episodes=1000)


def test_a_tiny_probability_counts_like_a_huge_reward():
    with pytest.raises(InvalidArgument, match="times the smallest probability"):
        make_report(one_decision(1), {"s": ("1/1" + "0" * 101, "9" * 101 + "/1" + "0" * 101)}, episodes=10)


@GAMES
@pytest.mark.parametrize("reward", [1e90, 1e30, 1.0, 0.0])
def test_control_large_rewards_are_fine(game, reward):
    assert make_report(game(reward), episodes=1000).passed


@pytest.mark.parametrize("reward", [1e-90, 1e-30])
def test_control_small_rewards_are_fine(reward):
    assert make_report(many_decisions(reward), episodes=100_000).passed
