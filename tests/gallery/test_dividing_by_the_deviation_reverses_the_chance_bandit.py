"""The claim of ``chance_bandit``: normalised in groups of two, its expected gradient is -8/5 of the true one.

In a group of two different returns the standardised ones are +1 and -1, whatever the returns are: all rational.
"""

from fractions import Fraction
from itertools import product

from gradcheck import TabularGame, games

TRUE = Fraction(1, 8)


def normalised_gradient(game, histories):
    """By the logit of action 0, at probability 1/2: the mean over both of standardised return times score."""
    every = [(chance / 2, Fraction(1, 2) - steps[0][1], gain) for chance, steps, gain in histories(game)]
    total = Fraction(0)
    for (p, score, gain), (q, other, others) in product(every, repeat=2):
        sign = (gain > others) - (gain < others)
        total += p * q * (sign * score - sign * other) / 2
    return total


def test_it_points_the_other_way(histories):
    assert normalised_gradient(games.chance_bandit(), histories) == Fraction(-8, 5) * TRUE


def test_control_without_chance_it_does_not(histories):
    sure = TabularGame({"arms": {0: [(1, "end", 1, True)], 1: [(1, "end", "1/2", True)]}}, "arms", horizon=1)
    assert normalised_gradient(sure, histories) > 0
