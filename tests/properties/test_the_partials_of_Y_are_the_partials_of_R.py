"""∂Y/∂x_i at p = x is ∂R/∂x_i, as polynomials and so at every policy."""

import pytest
from hypothesis import given

from gradcheck import games, symbolic_sums
from gradcheck.strategies import policies, robot_games


@given(game=robot_games())
def test_as_polynomials(game):
    polynomials = symbolic_sums(game).polynomials
    assert polynomials.identity.holds
    assert len(polynomials.partials_Y) == 6


@given(game=robot_games(), policy=policies(games.robot()))
def test_at_random_policies(game, policy):
    at = symbolic_sums(game).at(policy)
    assert at.partials_Y == at.partials_R == tuple(at.evaluation.partials)


@pytest.mark.parametrize("mistake", ["off by one", "immediate reward", "flipped sign", "reach forgotten"])
def test_control_a_wrong_surrogate_has_other_partials(with_terms, mistake):
    polynomials = symbolic_sums(games.robot()).polynomials

    def wrong(term):
        # The first entry of a choice's average is what the choice itself brings; the others come later.
        if mistake == "off by one":
            return term._replace(average=tuple(after for after in term.average if after.variables))
        if mistake == "immediate reward":
            return term._replace(average=tuple(after for after in term.average if not after.variables))
        if mistake == "flipped sign":
            return term._replace(average=tuple(after._replace(reward=-after.reward) for after in term.average))
        return term._replace(reach_variables=(), reach_chances=())

    assert not with_terms(polynomials, surrogate=tuple(map(wrong, polynomials.surrogate))).identity.holds
