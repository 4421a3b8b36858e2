"""``episodes_needed`` is enough, and one episode fewer is not."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument, games
from gradcheck.gradient_variance import gradient_moments
from gradcheck.tree.variance.moments import Moments

ROBOT = gradient_moments(games.robot(), games.robot_policy()).flat
PRECISIONS = st.fractions("1/1000", 10).filter(bool)


@given(precision=PRECISIONS)
def test_the_standard_error_of_every_coordinate(precision):
    needed = ROBOT.episodes_needed(precision)
    largest = Fraction(float(ROBOT.variance.max()))
    assert largest / needed <= precision**2
    assert needed == 1 or largest / (needed - 1) > precision**2


@given(precision=PRECISIONS)
def test_the_error_of_the_whole_gradient_relative_to_its_length(precision):
    needed = ROBOT.episodes_needed(precision, relative=True)
    square = sum(Fraction(value) ** 2 for value in ROBOT.mean.tolist())
    assert Fraction(ROBOT.total_variance) / needed <= precision**2 * square
    assert needed == 1 or Fraction(ROBOT.total_variance) / (needed - 1) > precision**2 * square


def test_it_agrees_with_the_standard_error():
    needed = ROBOT.episodes_needed(0.01)
    assert ROBOT.standard_error(needed).max() <= 0.01 < ROBOT.standard_error(needed - 1).max()


def test_no_variance_needs_one_episode():
    assert Moments(np.ones(2), np.zeros(2), None).episodes_needed("1/1000") == 1


def test_a_precision_too_small_for_floats_is_no_problem():
    assert ROBOT.episodes_needed(Fraction(1, 10**200)) > 10**400


def test_control_half_the_precision_takes_a_quarter_of_the_episodes():
    one = Moments(np.array([1.0]), np.array([1.0]), None)
    assert one.episodes_needed("1/10") == 100
    assert one.episodes_needed("1/5") == 25


@pytest.mark.parametrize("precision", [0, -1, float("nan"), "much"])
def test_no_precision_is_refused(precision):
    with pytest.raises(InvalidArgument, match="precision"):
        ROBOT.episodes_needed(precision)


def test_relative_to_nothing_is_refused():
    with pytest.raises(InvalidArgument, match="The mean is 0"):
        Moments(np.zeros(1), np.ones(1), None).episodes_needed(1, relative=True)


@pytest.mark.parametrize("num_episodes", [0, 2.5, True, "ten"])
def test_no_number_of_episodes_is_refused(num_episodes):
    with pytest.raises(InvalidArgument, match="num_episodes"):
        ROBOT.standard_error(num_episodes)
