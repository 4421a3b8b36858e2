"""The derivatives of player 0's gain by the bet logits of both players, at uniform play.

By hand: each decision is met at most once in an episode, so R is linear in its probability to bet, and the derivative
by the logit is 1/4 of the difference between betting and passing. Take the jack, opening. Passing, it loses 1 to a pass
and, after a bet, 1 or 2: -5/4 on average. Betting, it gains 1 or loses 2: -1/2. It is held with probability 1/3, and
1/4 · 1/3 · (5/4 - 1/2) = 1/16.
"""

from fractions import Fraction

import pytest

from gradcheck import games, partials

HALF = (Fraction(1, 2), Fraction(1, 2))
CARDS = {"jack": 0, "queen": 1, "king": 2}
EXPECTED = {
    (-1, -1): (Fraction(1, 16), Fraction(1, 16), Fraction(1, 16)),
    (0, 1): (Fraction(-1, 48), Fraction(1, 48), Fraction(1, 16)),
    (0, -1): (Fraction(-1, 48), Fraction(-1, 48), Fraction(-1, 48)),
    (1, -1): (Fraction(1, 24), Fraction(-1, 24), Fraction(-1, 8)),
}
DECISIONS = {(card, *moves): row[card] for moves, row in EXPECTED.items() for card in CARDS.values()}


def slope(game, seen, worth):
    """By the logit of betting: R is linear in that probability, so two values of it are enough."""
    policy = games.uniform_policy(game)
    return (worth(game, policy | {seen: (0, 1)}) - worth(game, policy | {seen: (1, 0)})) / 4


@pytest.mark.parametrize("seen", DECISIONS)
def test_in_self_play(seen, worth):
    assert slope(games.kuhn_poker("both"), seen, worth) == DECISIONS[seen]


@pytest.mark.parametrize("seen", DECISIONS)
def test_against_a_uniform_opponent_each_player_climbs_its_own_gain(seen, worth):
    player = 0 if seen[1:] in ((-1, -1), (0, 1)) else 1
    sign = 1 if player == 0 else -1
    assert slope(games.kuhn_poker(player), seen, worth) == sign * DECISIONS[seen]


def test_the_partials_say_the_same():
    game = games.kuhn_poker("both")
    found = partials(game, games.uniform_policy(game))
    assert {seen: (found[seen, 1] - found[seen, 0]) / 4 for seen in games.uniform_policy(game)} == DECISIONS


def test_control_in_another_policy_they_differ(worth):
    bold = dict.fromkeys([(card, move, -1) for card in range(3) for move in (0, 1)], ("1/4", "3/4"))
    game = games.kuhn_poker(0, bold)
    assert slope(game, (0, -1, -1), worth) != DECISIONS[0, -1, -1]
