"""In the hallway a random policy beats every deterministic one, and the same observation comes again and again."""

from fractions import Fraction
from itertools import product

import pytest

from gradcheck import best_strategy, games, partials
from gradcheck.tree.games.hallway import DARK, LIT

GAMBLE = {DARK: (Fraction(1, 3), Fraction(2, 3)), LIT: (Fraction(0), Fraction(1))}


def deterministic(game, worth):
    sure = ((1, 0), (0, 1))
    return {(dark, lit): worth(game, {DARK: dark, LIT: lit}) for dark, lit in product(sure, sure)}


def test_two_thirds_beat_every_deterministic_strategy(worth):
    game = games.hallway()
    assert worth(game, GAMBLE) == Fraction(41, 15)
    assert max(deterministic(game, worth).values()) == Fraction(12, 5) == best_strategy(game).expected_return
    assert Fraction(41, 15) > Fraction(12, 5)


def test_two_thirds_are_the_best_there_is(worth):
    """Along the simplex R is flat there, and lower at every other multiple of 1/30."""
    game = games.hallway()
    found = partials(game, GAMBLE)
    assert found[DARK, 0] == found[DARK, 1]
    assert found[LIT, 0] < found[LIT, 1]
    others = [Fraction(i, 30) for i in range(31) if i != 20]
    assert all(worth(game, GAMBLE | {DARK: (1 - p, p)}) < Fraction(41, 15) for p in others)


@pytest.mark.parametrize(("west", "steps"), [("4/5", 4), ("1/3", 2), (1, 3), ("1/2", 6)])
def test_the_formula_in_the_docstring(west, steps, worth):
    game = games.hallway(west=west, steps=steps)
    w = Fraction(west)
    for p, right in product([Fraction(1, 7), Fraction(1, 2), Fraction(5, 6)], repeat=2):
        lit = -(1 - right) + 3 * right
        value = lit * (w * (1 - (1 - p) ** (steps - 1)) + (1 - w) * (1 - p ** (steps - 1)))
        assert worth(game, {DARK: (1 - p, p), LIT: (1 - right, right)}) == value


def test_the_dark_comes_again_and_hides_two_places(histories):
    game = games.hallway()
    assert max([seen for seen, _ in steps].count(DARK) for _, steps, _ in histories(game)) == 4
    assert {state for state, seen in game.observations.items() if seen == DARK} == {"west", "east"}


def test_control_where_the_ends_look_different_a_deterministic_strategy_is_best(worth):
    game = games.hallway()
    clear = type(game)(game.P, game.start, game.horizon)
    assert best_strategy(clear).expected_return == 3 > worth(game, GAMBLE)
