"""The games of the battery on which mistakes are told apart: a handful of episodes each, rewards drawn from a seed."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from gradcheck.tree.game import TabularGame

_REWARDS = (-4, -3, -2, -1, 1, 2, 3, 4, 5)


def three_arms(numbers: Random, discount: Fraction) -> TabularGame:
    """One decision, three rewards."""
    rewards = numbers.sample(_REWARDS, 3)
    return TabularGame({(1,): {a: [(1, "end", r, True)] for a, r in enumerate(rewards)}}, (1,), 1, discount=discount)


def two_decisions(numbers: Random, discount: Fraction) -> TabularGame:
    """Two decisions with parameters of their own."""
    return _after_each_action(numbers, discount, [(1, 0, 0), (0, 1, 0), (0, 0, 1)])


def shared_parameters(numbers: Random, discount: Fraction) -> TabularGame:
    """Two decisions whose observations share parameters."""
    return _after_each_action(numbers, discount, [(1, 0), (1, 1), (0, 1)])


def _after_each_action(numbers: Random, discount: Fraction, seen: list[tuple[int, ...]]) -> TabularGame:
    first, *then = seen
    gains = numbers.sample(_REWARDS, 6)
    table = {
        first: {action: [(1, then[action], gains[action], False)] for action in (0, 1)},
        then[0]: {action: [(1, "end", gains[2 + action], True)] for action in (0, 1)},
        then[1]: {action: [(1, "end", gains[4 + action], True)] for action in (0, 1)},
    }
    return TabularGame(table, first, 2, discount=discount)


def stop_or_go(numbers: Random, discount: Fraction) -> TabularGame:
    """Episodes of one step, and of two."""
    stop, go, left, right = numbers.sample(_REWARDS, 4)
    table = {
        (1, 0): {0: [(1, "end", stop, True)], 1: [(1, (0, 1), go, False)]},
        (0, 1): {0: [(1, "end", left, True)], 1: [(1, "end", right, True)]},
    }
    return TabularGame(table, (1, 0), 2, discount=discount)


def unequal_lengths(numbers: Random, discount: Fraction) -> TabularGame:
    """Episodes of one, two and three steps."""
    stop, go, stop_then, go_on, left, right = numbers.sample(_REWARDS, 6)
    first, second, third = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    table = {
        first: {0: [(1, "end", stop, True)], 1: [(1, second, go, False)]},
        second: {0: [(1, "end", stop_then, True)], 1: [(1, third, go_on, False)]},
        third: {0: [(1, "end", left, True)], 1: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 3, discount=discount)


def chance(numbers: Random, discount: Fraction) -> TabularGame:
    """The same action is followed by different rewards and lengths."""
    lucky, unlucky, sure, left, right = numbers.sample(_REWARDS, 5)
    first, second = (1, 0), (0, 1)
    table = {
        first: {
            0: [("1/3", second, lucky, False), ("2/3", "end", unlucky, True)],
            1: [(1, second, sure, False)],
        },
        second: {0: [(1, "end", left, True)], 1: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 2, discount=discount)


def two_starts(numbers: Random, discount: Fraction) -> TabularGame:
    """Two starts of different difficulty that share parameters."""
    one, two, third, fourth, fifth = numbers.sample(_REWARDS, 5)
    easy, hard, later = (1, 0, 0), (1, 1, 0), (1, 0, 1)
    table = {
        easy: {0: [(1, "end", one, True)], 1: [(1, later, two, False)]},
        later: {0: [(1, "end", third, True)], 1: [(1, "end", -third, True)]},
        hard: {0: [(1, "end", fourth, True)], 1: [(1, "end", fifth, True)]},
    }
    return TabularGame(table, {easy: "1/2", hard: "1/2"}, 2, discount=discount)


def illegal_action(numbers: Random, discount: Fraction) -> TabularGame:
    """An action is not legal at the start."""
    stop, go, left, middle, right = numbers.sample(_REWARDS, 5)
    first, second = (1, 0), (0, 1)
    table = {
        first: {0: [(1, "end", stop, True)], 2: [(1, second, go, False)]},
        second: {0: [(1, "end", left, True)], 1: [(1, "end", middle, True)], 2: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 2, discount=discount)
