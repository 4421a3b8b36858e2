"""Policies for games of any source."""

from fractions import Fraction

import pytest

from gradcheck import unroll


def rows(game, weight):
    tree = unroll(game)
    legal = {seen: [] for seen in tree.observations}
    for seen, action in tree.variables:
        legal[seen].append(action)
    policy = {}
    for number, (seen, actions) in enumerate(legal.items()):
        weights = [weight(number, k) for k in range(len(actions))]
        policy[seen] = {a: Fraction(one, sum(weights)) for a, one in zip(actions, weights, strict=True)}
    return policy


@pytest.fixture
def uniform():
    """Of a game: every legal action is equally likely."""
    return lambda game: rows(game, lambda number, k: 1)


@pytest.fixture
def uneven():
    """Of a game: a policy whose rows and actions can be told apart."""
    return lambda game: rows(game, lambda number, k: 1 + (3 * number + 5 * k) % 7)
