"""Figures: Y = Σ reach · x · average, its terms, ∂Y/∂x = ∂R/∂x for every x, though Y is not R."""

from fractions import Fraction

import pytest
import sympy

from gradcheck import TabularGame, games, symbolic_sums


@pytest.fixture(scope="module")
def sums():
    return symbolic_sums(games.robot())


def test_each_term_holds_one_variable_and_is_reach_times_x_times_average(sums):
    at = sums.at(games.robot_policy())
    frozen = {p: sympy.Rational(str(value)) for p, value in zip(sums.p, at.x, strict=True)}
    for i, term in enumerate(sums.Y_terms):
        assert term.free_symbols & set(sums.x) == {sums.x[i]}
        reach, average = at.evaluation.reach[i], at.evaluation.average_return[i]
        assert sympy.expand(term.subs(frozen)) == sympy.Rational(str(reach * average)) * sums.x[i]


def test_the_partials_of_Y_are_those_of_R(sums):
    assert sums.identity_holds
    assert sums.partials_Y == sums.partials_R
    at = sums.at(games.robot_policy())
    assert at.partials_Y == at.partials_R


def test_sympys_own_derivatives_say_the_same(sums):
    thaw = dict(zip(sums.p, sums.x, strict=True))
    for x in sums.x:
        assert sympy.expand(sympy.diff(sums.Y, x).subs(thaw) - sympy.diff(sums.R, x)) == 0


def test_Y_is_not_R(sums):
    at = sums.at(games.robot_policy())
    assert Fraction("0.928") == at.Y
    assert at.Y != at.R


def test_the_identity_holds_where_several_nodes_share_an_observation():
    # A corridor of three equal-looking cells: one variable for each action, met up to three times in an episode.
    cells = {
        cell: {0: [(1, max(cell - 1, 0), -1, False)], 1: [("2/3", cell + 1, 5, cell == 2), ("1/3", cell, -1, False)]}
        for cell in range(3)
    }
    corridor = TabularGame(cells, 0, horizon=4, observations=dict.fromkeys(cells, "dark"))
    sums = symbolic_sums(corridor)
    assert len(sums.variables) == 2
    assert max(len(monomial) for monomial in sums.polynomials.R) == 4
    assert sums.identity_holds
    assert sums.forms_agree


def test_control_a_term_lost_from_Y_breaks_the_identity(sums, with_terms):
    polynomials = sums.polynomials
    lossy = with_terms(polynomials, surrogate=polynomials.surrogate[1:])
    assert not lossy.identity.holds
