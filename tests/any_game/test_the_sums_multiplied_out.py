"""R, Y and their partials as polynomials: the terms people read, multiplied out, and the values of the two passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument, symbolic_sums
from gradcheck.strategies import games, policies
from gradcheck.tree.symbolic.identities import SumPolynomials
from gradcheck.tree.symbolic.polynomial import substitute
from gradcheck.tree.unroll import unroll


@given(game=games())
def test_the_partials_of_Y_are_the_partials_of_R(game):
    sums = SumPolynomials(unroll(game, merge=False))
    assert sums.partials_Y == sums.partials_R
    assert sums.identity.error_probability == 0


@given(game=games())
def test_the_terms_that_are_shown_add_up_to_what_is_proved(with_terms, game):
    sums = SumPolynomials(unroll(game, merge=False))
    shown = with_terms(sums, rewards=sums.rewards, surrogate=sums.surrogate)
    assert shown.R == sums.R
    assert shown.Y == sums.Y


@given(data=st.data())
def test_the_values_of_the_polynomials_are_those_of_two_passes(data):
    sums = symbolic_sums(data.draw(games()))
    at = sums.at(data.draw(policies(sums.tree)))
    assert at.evaluation.expected_return == at.R
    assert at.partials_R == at.partials_Y == tuple(at.evaluation.partials)


@given(data=st.data())
def test_control_one_term_less_has_other_partials(with_terms, data):
    sums = SumPolynomials(unroll(data.draw(games()), merge=False))
    fewer = with_terms(sums, surrogate=sums.surrogate[1:])
    lost = substitute(sums.Y, [1] * 2 * len(sums.tree.variables)) - substitute(
        fewer.Y, [1] * 2 * len(sums.tree.variables)
    )
    if lost:  # a choice that is worth nothing may be left out
        assert not fewer.identity.holds


def test_sums_that_do_not_fit_are_refused_and_the_identity_decided_all_the_same(chain):
    sums = symbolic_sums(chain)
    assert sums.identity_holds
    assert 0 < sums.proof.error_probability <= 1e-15
    with pytest.raises(InvalidArgument, match=f"Its tree has {(3**200 - 1) // 2:,} decisions"):
        _ = sums.R
