"""Figures: the table of reach probabilities, average returns and ∂R/∂x0 … ∂R/∂x5 at the initial policy."""

from fractions import Fraction

import pytest

from gradcheck import games, partials, symbolic_sums

REACH = ["1", "1", "0.7", "0.7", "0.378", "0.378"]
AVERAGE = ["-0.52", "10", "-10", "0.8", "0", "10"]
PARTIALS = ["-0.52", "10", "-7", "0.56", "0", "3.78"]


def rationals(written):
    return [Fraction(number) for number in written]


@pytest.fixture(scope="module")
def at():
    return symbolic_sums(games.robot()).at(games.robot_policy())


def test_reach_probabilities(at):
    assert list(at.evaluation.reach) == rationals(REACH)


def test_average_returns(at):
    assert list(at.evaluation.average_return) == rationals(AVERAGE)


def test_partials_by_differentiating_the_polynomial(at):
    assert list(at.partials_R) == rationals(PARTIALS)


def test_partials_by_two_passes_over_the_tree(at):
    assert list(at.evaluation.partials) == rationals(PARTIALS)
    assert list(partials(games.robot(), games.robot_policy()).values()) == rationals(PARTIALS)


def test_the_pattern_reach_times_average(at):
    assert [a * b for a, b in zip(rationals(REACH), rationals(AVERAGE), strict=True)] == list(at.partials_R)
