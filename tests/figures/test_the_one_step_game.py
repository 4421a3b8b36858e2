"""Figures: ∂R/∂x0 = 3, ∂R/∂x1 = 10, the difference 7, and the area of the two rectangles."""

from fractions import Fraction

import pytest
import torch

from gradcheck import TabularPolicy, games, partials, policy_gradient, symbolic_sums
from gradcheck.report.data import OneStep

POLICY = {(2, 1): (Fraction(7, 10), Fraction(3, 10))}


def test_the_partials_are_3_and_10():
    assert list(partials(games.robot_one_step(), POLICY).values()) == [3, 10]


def test_moving_probability_from_left_to_right_changes_R_at_rate_7():
    sums = symbolic_sums(games.robot_one_step())
    step = Fraction(1, 1000)
    moved = {(2, 1): (Fraction(7, 10) - step, Fraction(3, 10) + step)}
    assert (sums.at(moved).R - sums.at(POLICY).R) / step == 7


def test_the_softmax_turns_the_partials_into_that_difference():
    # dR/dlogit = x0 · x1 · (10 - 3) for the right action, and the opposite for the left.
    gradient = policy_gradient(games.robot_one_step(), TabularPolicy(games.robot_one_step(), POLICY))["logits"]
    torch.testing.assert_close(gradient, torch.tensor([[-0.21 * 7, 0.21 * 7]], dtype=torch.float64))


def test_the_rectangles_have_the_area_R():
    step = OneStep((0.7, 0.3), (3.0, 10.0))
    assert step.expected_return == pytest.approx(5.1, abs=1e-15)
    assert step.difference == 7
    assert Fraction("5.1") == symbolic_sums(games.robot_one_step()).at(POLICY).R


def test_the_partials_ignore_that_probabilities_sum_to_1():
    # Off the simplex R goes on as a plane: each unit of x0 is worth 3, whatever x1 is.
    sums = symbolic_sums(games.robot_one_step())
    x0, x1 = sums.x
    assert 3 * x0 + 10 * x1 == sums.R
