"""Reach counts visits, its weight discounts them, and an average over nodes that are never reached is no number."""

from fractions import Fraction

from gradcheck import TabularGame, unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities


def corridor(discount=1):
    """Two equal-looking cells, one after the other; 0 leaves with 1 from the first cell and with 5 from the second."""
    return TabularGame(
        {cell: {0: [(1, "out", reward, True)], 1: [(1, cell + 1, 0, cell == 1)]} for cell, reward in enumerate((1, 5))},
        0,
        horizon=None,
        observations={0: "dark", 1: "dark"},
        discount=discount,
    )


def at(game, *row):
    tree = unroll(game)
    return evaluate(tree, action_probabilities(tree, {"dark": row}))


def test_visits_are_added_up():
    assert list(at(corridor(), "1/4", "3/4").reach) == [Fraction(7, 4)] * 2


def test_in_a_discounted_game_the_weight_is_less():
    found = at(corridor("1/2"), "1/4", "3/4")
    assert list(found.reach) == [Fraction(7, 4)] * 2
    assert list(found.weight) == [1 + Fraction(3, 8)] * 2


def test_the_average_return_weighs_the_nodes():
    found = at(corridor(), "1/4", "3/4")
    assert found.average_return[0] == (1 * 1 + Fraction(3, 4) * 5) / Fraction(7, 4)


def test_where_nothing_is_reached_nodes_that_differ_have_no_average():
    rooms = {
        "hall": {0: [(1, "out", 0, True)], 1: [("1/2", "red", 0, False), ("1/2", "blue", 0, False)]},
        "red": {0: [(1, "out", 1, True)], 1: [(1, "out", 7, True)]},
        "blue": {0: [(1, "out", 2, True)], 1: [(1, "out", 7, True)]},
    }
    game = TabularGame(rooms, "hall", horizon=2, observations={"hall": "hall", "red": "room", "blue": "room"})
    tree = unroll(game)
    found = evaluate(tree, action_probabilities(tree, {"hall": (1, 0), "room": ("1/2", "1/2")}))
    assert found.average_return[2:] == (None, 7)
    assert list(found.partials[2:]) == [0, 0]
