"""The five proofs do not need the robot: they hold with shared observations, discounts, illegal actions and floats."""

from fractions import Fraction
from itertools import product

import sympy

from gradcheck import games, symbolic_sums
from gradcheck.report import data
from gradcheck.report.data import make_report


def test_all_five(other_game):
    sums = symbolic_sums(other_game[0])
    assert sums.forms_agree
    assert sums.identity_holds
    assert sums.sampled.plain_is_as_told
    assert sums.sampled.inverse_prob_is_Y
    assert sums.sampled.log_prob_gradient_is_partials


def test_the_values_agree(other_game):
    game, policy = other_game
    at = symbolic_sums(game).at(policy)
    assert sum(at.R_by_paths) == sum(at.R_by_rewards) == at.R == at.evaluation.expected_return
    assert at.partials_Y == at.partials_R == tuple(at.evaluation.partials)
    assert all(isinstance(value, Fraction) for value in (at.R, at.Y, *at.partials_R))


def test_a_report_passes(other_game, monkeypatch):
    monkeypatch.setattr(data, "BATCH_SIZES", [])  # thousands of batches, which other tests are about
    assert make_report(*other_game, episodes=1000).passed


def test_the_plain_sum_over_two_episodes_is_twice_that_over_one():
    """By enumerating all pairs of episodes, in order."""
    sampled = symbolic_sums(games.robot()).sampled
    total = sympy.Integer(0)
    for pair in product(sampled.polynomials.paths, repeat=2):
        probability = sympy.prod(
            [sampled.p[v] for path in pair for v in path.variables]
            + [sympy.Rational(*path.chance.as_integer_ratio()) for path in pair]
        )
        *_, added = sampled.running(pair, "plain")
        total += probability * added
    simplex = {}
    for row in sampled.polynomials.tree.variable_of.tolist():
        *others, last = (v for v in row if v >= 0)
        simplex[sampled.p[last]] = 1 - sum(sampled.p[v] for v in others)
    told = sampled.plain_mean.subs(sampled.n, 2)
    assert sympy.expand((total - told).subs(simplex)) == 0


def test_control_a_discount_left_out_of_the_sums_is_noticed(other_game, with_terms):
    game, _ = other_game
    polynomials = symbolic_sums(game).polynomials
    if game.discount != 1:
        lossy = tuple(term._replace(reach_chances=term.reach_chances[1:]) for term in polynomials.surrogate)
        wrong = with_terms(polynomials, surrogate=lossy)
        assert not wrong.identity.holds
        assert not wrong.inverse_prob_is_Y
