"""The gradients in logits that can be worked out on paper, of the three smallest games."""

from fractions import Fraction

import pytest

from gradcheck import games, partials

THIRD, QUARTER = Fraction(1, 3), Fraction(1, 4)


def in_logits(game, policy):
    """π(a) (Q(a) - Σ π Q), weighted: the chain rule through the softmax of each observation."""
    found = partials(game, policy)
    gradient = {}
    for seen, row in policy.items():
        mean = sum(p * found[seen, action] for action, p in enumerate(row))
        gradient |= {(seen, action): p * (found[seen, action] - mean) for action, p in enumerate(row)}
    return gradient


@pytest.mark.parametrize("discount", [0, "1/2", "9/10", 1])
def test_stop_go(discount):
    """P(GO) = 2/3 and P(1) = 1/4: 2/3 · 1/3 · ((-1 + γ) - 1) and γ · 2/3 · 3/16 · 4."""
    gamma = Fraction(discount)
    game = games.stop_go(discount=discount)
    found = in_logits(game, {"first": (THIRD, 1 - THIRD), "second": (1 - QUARTER, QUARTER)})
    assert found["first", 1] == 2 * gamma / 9 - Fraction(4, 9)
    assert found["second", 1] == gamma / 2


def test_bandit():
    """π = (1/3, 1/2, 1/6), R = 7/6: 1/3 (0 - 7/6), 1/2 (1 - 7/6), 1/6 (4 - 7/6)."""
    found = in_logits(games.bandit(), {"arms": (THIRD, Fraction(1, 2), Fraction(1, 6))})
    assert list(found.values()) == [Fraction(-7, 18), Fraction(-1, 12), Fraction(17, 36)]


def test_chance_bandit():
    """1/2 · 1/2 · (10 · 1/10 - 1/2)."""
    game = games.chance_bandit()
    assert in_logits(game, games.uniform_policy(game))["arms", 0] == Fraction(1, 8)


def test_control_other_rewards_have_other_gradients():
    game = games.bandit((0, 1, 5))
    assert in_logits(game, {"arms": (THIRD, Fraction(1, 2), Fraction(1, 6))})["arms", 1] != Fraction(-1, 12)
