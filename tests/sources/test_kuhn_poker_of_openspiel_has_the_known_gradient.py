"""Uniform Kuhn poker is worth 1/8 to the first player, and this value changes with the logit of a bet as worked
out by hand from the rules (Srinivasan et al. 2018, arXiv 1810.09026, on sums over the histories of an information set).

The table was computed in exact rationals without this project; OpenSpiel's own tests have the value 1/8, too.
"""

from fractions import Fraction

import pytest

from gradcheck import expected_return, partials
from gradcheck.tree.sources.from_openspiel import from_openspiel

BET = 1
FIRST = {"0": "1/16", "1": "1/16", "2": "1/16", "0pb": "-1/48", "1pb": "1/48", "2pb": "1/16"}
SECOND = {"0p": "-1/48", "1p": "-1/48", "2p": "-1/48", "0b": "1/24", "1b": "-1/24", "2b": "-1/8"}


def by_bet_logit(game, policy):
    found = partials(game, policy)
    return {seen: row[BET] * (1 - row[BET]) * (found[seen, BET] - found[seen, 1 - BET]) for seen, row in policy.items()}


def fractions(table, sign=1):
    return {seen: sign * Fraction(value) for seen, value in table.items()}


@pytest.mark.parametrize("player", [0, 1])
def test_the_value(player, uniform):
    game = from_openspiel("kuhn_poker", player=player)
    assert expected_return(game, uniform(game)) == Fraction(1 - 2 * player, 8)
    both = from_openspiel("kuhn_poker", player=player, opponents="same")
    assert expected_return(both, uniform(both)) == Fraction(1 - 2 * player, 8)


def test_the_gradient_of_the_first_player(uniform):
    game = from_openspiel("kuhn_poker")
    assert by_bet_logit(game, uniform(game)) == fractions(FIRST)


def test_the_gradient_of_the_second_player(uniform):
    game = from_openspiel("kuhn_poker", player=1)
    assert by_bet_logit(game, uniform(game)) == fractions(SECOND, sign=-1)


def test_the_gradient_in_self_play(uniform):
    game = from_openspiel("kuhn_poker", opponents="same")
    assert by_bet_logit(game, uniform(game)) == fractions(FIRST | SECOND)


def test_control_another_opponent_changes_the_gradient(uniform):
    game = from_openspiel("kuhn_poker", opponents=dict.fromkeys(SECOND, ("2/3", "1/3")))
    assert by_bet_logit(game, uniform(game)) != fractions(FIRST)
