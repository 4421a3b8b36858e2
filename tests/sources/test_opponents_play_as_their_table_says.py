"""A table of opponents is read like a policy: text, decimals and floats, a sequence or {action: probability}."""

from fractions import Fraction

import numpy as np
import pytest

from gradcheck import expected_return, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel

SEEN = ("0p", "1p", "2p", "0b", "1b", "2b")
ROW = (Fraction(1, 10), Fraction(9, 10))


def worth(opponents, uniform):
    tree = unroll(from_openspiel("kuhn_poker", opponents=opponents))
    return expected_return(tree, uniform(tree))


@pytest.mark.parametrize(
    "row", [ROW, ["1/10", "9/10"], ("0.1", "0.9"), {0: "1/10", 1: "9/10"}, {1: Fraction(9, 10), 0: Fraction(1, 10)}]
)
def test_rows_in_rationals_keep_the_game_rational(row, uniform):
    assert worth(dict.fromkeys(SEEN, row), uniform) == worth(dict.fromkeys(SEEN, ROW), uniform)


@pytest.mark.parametrize("row", [(0.1, 0.9), {0: 0.1, 1: 0.9}, np.array([0.1, 0.9]), np.array([0.1, 0.9], np.float32)])
def test_rows_in_floats_make_it_float64(row, uniform):
    found = worth(dict.fromkeys(SEEN, row), uniform)
    assert isinstance(found, float)
    # A row in single precision is 2**-24 away from the decimals it was written in.
    assert found == pytest.approx(float(worth(dict.fromkeys(SEEN, ROW), uniform)), rel=1e-6)


def test_uniform_is_a_table_of_halves(uniform):
    assert worth("uniform", uniform) == worth(dict.fromkeys(SEEN, (Fraction(1, 2),) * 2), uniform)


def test_a_certain_move_leaves_the_others_out(uniform):
    always_bet = dict.fromkeys(SEEN, (0, 1))
    tree = unroll(from_openspiel("kuhn_poker", opponents=always_bet))
    # After a bet of the second player, whoever passed is asked again: no episode ends with two passes.
    assert worth(always_bet, uniform) != worth(dict.fromkeys(SEEN, (1, 0)), uniform)
    assert set(tree.observations) == {"0", "1", "2", "0pb", "1pb", "2pb"}
    assert set(unroll(from_openspiel("kuhn_poker", opponents=dict.fromkeys(SEEN, (1, 0)))).observations) == {
        "0",
        "1",
        "2",
    }


def test_rows_that_are_not_needed_do_no_harm(uniform):
    table = dict.fromkeys(SEEN, ROW)
    assert worth(table | {"0": ROW, "0pb": ROW}, uniform) == worth(table, uniform)


def test_a_table_that_changes_later_changes_nothing(uniform):
    table = dict.fromkeys(SEEN, ROW)
    game = from_openspiel("kuhn_poker", opponents=table)
    table.clear()
    assert expected_return(game, uniform(game)) == worth(dict.fromkeys(SEEN, ROW), uniform)


def test_control_another_row_changes_the_value(uniform):
    table = dict.fromkeys(SEEN, ROW)
    assert worth(table | {"2b": ROW[::-1]}, uniform) != worth(table, uniform)
