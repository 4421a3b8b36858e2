"""Figures: the plain sum's mean n·Σ reach·(value of x)·x·average; the 1/p sum's mean Y; the log sum's gradient."""

import pytest
import sympy

from gradcheck import games, symbolic_sums

#: reach · (value of x_i) · average return after x_i, at the initial policy.
COEFFICIENTS = ["-0.364", "3", "-2.8", "0.336", "0", "0.756"]


@pytest.fixture(scope="module")
def sums():
    return symbolic_sums(games.robot())


@pytest.fixture(scope="module")
def frozen(sums):
    x = sums.at(games.robot_policy()).x
    return {p: sympy.Rational(str(value)) for p, value in zip(sums.p, x, strict=True)}


def test_the_plain_sum_carries_n_and_the_actions_own_probability_too_many(sums, frozen):
    told = sums.sampled.n * sum(sympy.Rational(c) * x for c, x in zip(COEFFICIENTS, sums.x, strict=True))
    assert sympy.expand(sums.sampled.plain_mean.subs(frozen) - told) == 0
    assert sympy.expand((sum(sums.sampled.plain_mean_terms) - told).subs(frozen)) == 0
    assert sums.sampled.plain_is_as_told


def test_dividing_by_n_and_the_probability_gives_Y(sums, frozen):
    assert sympy.expand(sums.sampled.inverse_prob_mean.subs(frozen) - sums.Y.subs(frozen)) == 0
    assert sums.sampled.inverse_prob_is_Y


def test_the_log_sum_has_the_same_gradient(sums):
    at = sums.at(games.robot_policy())
    values = dict(zip(sums.x, map(sympy.Rational, map(str, at.x)), strict=True))
    gradient = [partial.subs(values) for partial in sums.sampled.log_prob_gradient_mean]
    assert gradient == [sympy.Rational(str(partial)) for partial in at.partials_R]
    assert sums.sampled.log_prob_gradient_is_partials


def test_control_a_lost_path_is_noticed(sums, with_terms):
    fewer = with_terms(sums.polynomials, paths=sums.polynomials.paths[1:])
    assert not fewer.plain_is_as_told
    assert not fewer.inverse_prob_is_Y
    assert not fewer.log_prob_gradient_is_partials
    assert not fewer.forms_agree
