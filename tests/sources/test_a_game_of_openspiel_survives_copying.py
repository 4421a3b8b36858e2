"""Workers and deep copies get the same game."""

import copy
import pickle

import pytest

from gradcheck import expected_return, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel


@pytest.mark.parametrize("name", ["kuhn_poker", "python_kuhn_poker", "matrix_rps"])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda game: pickle.loads(pickle.dumps(game))])
def test_the_copy_is_worth_the_same(name, copied, uneven):
    game = from_openspiel(name, player=1)
    again = copied(game)
    assert again is not game
    assert unroll(again).variables == unroll(game).variables
    assert expected_return(again, uneven(again)) == expected_return(game, uneven(game))


def test_positions_with_equal_histories_are_equal():
    first, second = (from_openspiel("kuhn_poker").starts() for _ in range(2))
    assert first == second
    assert len({position for _, position in first + second}) == len(first)
    assert pickle.loads(pickle.dumps(first)) == second
