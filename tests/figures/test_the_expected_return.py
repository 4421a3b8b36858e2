"""Figures: always right 10, the best strategy 11 = -0.7 + 11.7, R = 2.636 in two forms, 5.1 after the first step."""

from fractions import Fraction

import pytest
from sympy import Rational

from gradcheck import best_strategy, expected_return, games, symbolic_sums
from gradcheck.tree.unroll import unroll

ALWAYS_RIGHT = dict.fromkeys(games.robot_policy(), (0, 1))
LEFT_THEN_RIGHT = ALWAYS_RIGHT | {(2, 1): (1, 0)}


@pytest.fixture(scope="module")
def sums():
    return symbolic_sums(games.robot())


@pytest.fixture(scope="module")
def at(sums):
    return sums.at(games.robot_policy())


def test_always_right_is_worth_10():
    assert expected_return(games.robot(), ALWAYS_RIGHT) == 10


def test_left_right_right_is_worth_11_in_two_paths(sums):
    at = sums.at(LEFT_THEN_RIGHT)
    assert [product for product in at.R_by_paths if product] == [Fraction("-0.7"), Fraction("11.7")]
    assert at.R == 11


def test_left_right_right_is_the_best_deterministic_strategy():
    best = best_strategy(unroll(games.robot()))
    assert best.actions == {(2, 1): 0, (1, 0): 1, (2, 0): 1}
    assert best.expected_return == 11


def test_the_initial_policy_is_worth_2_636(at):
    assert Fraction("2.636") == at.R
    assert expected_return(games.robot(), games.robot_policy()) == Fraction("2.636")


def test_the_first_terms_summed_over_paths(at):
    assert at.R_by_paths[:2] == (Fraction("-1.96"), Fraction("-0.294"))


def test_both_forms_add_up_to_the_same(at):
    assert sum(at.R_by_paths) == sum(at.R_by_rewards) == Fraction("2.636")


def test_after_the_first_step_alone_it_is_5_1(at):
    assert at.R_by_steps[0] == Fraction("5.1")


def test_rewards_of_zero_are_kept_in_every_sum(sums):
    assert len(sums.R_by_rewards.args) == sums.tree.num_edges == 7
    assert len(sums.R_by_paths.args) == 5
    assert len(sums.Y.args) == 6
    assert sum(term.reward == 0 for term in sums.polynomials.rewards) == 2


def test_the_printed_sums_give_the_same_value_when_the_user_substitutes(sums, at):
    values = {x: Rational(str(value)) for x, value in zip(sums.x, at.x, strict=True)}
    for expression in (sums.R, sums.R_by_paths, sums.R_by_rewards):
        assert expression.subs(values) == Rational("2.636")
