"""Kuhn poker is worth what a second description of its rules says, at any policies of both players.

Its value between players who cannot be exploited, -1/18 for player 0, is Kuhn's (1950).
"""

from fractions import Fraction
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import games

#: What each player can see: (card, first move, second move), -1 where there was none.
OPENING = [(card, -1, -1) for card in range(3)]
CALLED_ON = [(card, 0, 1) for card in range(3)]
AFTER_PASS = [(card, 0, -1) for card in range(3)]
AFTER_BET = [(card, 1, -1) for card in range(3)]


def value(p):
    """Player 0's gain, where p[seen] is the probability to bet."""
    total = Fraction(0)
    for mine, theirs in permutations(range(3), 2):
        wins = 1 if mine > theirs else -1
        opens, calls = p[mine, -1, -1], p[mine, 0, 1]
        stabs, answers = p[theirs, 0, -1], p[theirs, 1, -1]
        bet = opens * (answers * 2 * wins + (1 - answers) * 1)
        passed = (1 - opens) * ((1 - stabs) * wins + stabs * (calls * 2 * wins + (1 - calls) * -1))
        total += Fraction(1, 6) * (bet + passed)
    return total


def equilibrium(a):
    """Kuhn's family of strategies that cannot be exploited, 0 ≤ a ≤ 1/3, and the one answer to it."""
    a, third = Fraction(a), Fraction(1, 3)
    return (
        dict(zip(OPENING, (a, Fraction(0), 3 * a), strict=True))
        | dict(zip(CALLED_ON, (Fraction(0), a + third, Fraction(1)), strict=True))
        | dict(zip(AFTER_PASS, (third, Fraction(0), Fraction(1)), strict=True))
        | dict(zip(AFTER_BET, (Fraction(0), third, Fraction(1)), strict=True))
    )


def rows(p, seen):
    return {one: (1 - p[one], p[one]) for one in seen}


FIRST, SECOND = OPENING + CALLED_ON, AFTER_PASS + AFTER_BET
probabilities = st.fractions(0, 1, max_denominator=20)


@settings(max_examples=100)  # two hundred products of six factors each
@given(bets=st.fixed_dictionaries(dict.fromkeys(FIRST + SECOND, probabilities)))
def test_all_three_ways_to_learn(bets, worth):
    first, second = rows(bets, FIRST), rows(bets, SECOND)
    for game, policy, sign in (
        (games.kuhn_poker("both"), first | second, 1),
        (games.kuhn_poker(0, second), first, 1),
        (games.kuhn_poker(1, first), second, -1),
    ):
        assert worth(game, {seen: policy[seen] for seen in games.uniform_policy(game)}) == sign * value(bets)


@pytest.mark.parametrize("a", [0, "1/5", "1/3"])
def test_the_value_between_players_who_cannot_be_exploited(a, worth):
    p = equilibrium(a)
    assert value(p) == Fraction(-1, 18)
    assert worth(games.kuhn_poker(1, rows(p, FIRST)), rows(p, SECOND)) == Fraction(1, 18)


def test_no_answer_gains_more_against_it(worth):
    game = games.kuhn_poker(0, rows(equilibrium(0), SECOND))
    best = max(
        worth(game, {seen: (1 - bet, bet) for seen, bet in zip(FIRST, bets, strict=True)})
        for bets in product((0, 1), repeat=6)
    )
    assert best == Fraction(-1, 18)


def test_a_move_the_opponent_never_makes_is_left_out():
    always = dict.fromkeys(FIRST, (0, 1))
    assert set(games.uniform_policy(games.kuhn_poker(1, always))) == set(AFTER_BET)


def test_a_table_may_name_the_moves(worth):
    named = {seen: {1: "1/3", 0: "2/3"} for seen in SECOND}
    plain = dict.fromkeys(SECOND, ("2/3", "1/3"))
    assert worth(games.kuhn_poker(0, named)) == worth(games.kuhn_poker(0, plain)) != worth(games.kuhn_poker())


@pytest.mark.parametrize("player", [0, 1])
def test_open_spiel_says_the_same_of_uniform_play(player, worth):
    pytest.importorskip("pyspiel")
    from gradcheck.tree.sources.from_openspiel import from_openspiel

    theirs, ours = from_openspiel("kuhn_poker", player=player), games.kuhn_poker(player)
    assert games.survey(theirs).uniform_return == worth(ours)
    assert games.survey(theirs).observations == games.survey(ours).observations == 6


def test_control_a_pot_that_is_too_small_is_noticed(worth):
    bets = equilibrium("1/5") | {(2, -1, -1): Fraction(1, 7)}
    assert worth(games.kuhn_poker(0, rows(bets, SECOND)), rows(bets, FIRST)) == value(bets)
    assert worth(games.kuhn_poker(0, rows(bets, SECOND)), rows(bets, FIRST)) != value(bets | {(2, 1, -1): 0})
