"""A game can be compared, hashed, pickled to a worker and deep-copied."""

import copy
import pickle

import pytest

from gradcheck import Game, games


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda game: pickle.loads(pickle.dumps(game))])
def test_the_copy_equals_the_game(copied):
    game = games.robot(slip="1/7")
    assert copied(game) == game
    assert hash(copied(game)) == hash(game)


def test_control_another_game_is_not_equal():
    assert games.robot(slip="1/7") != games.robot()


def test_the_table_cannot_be_changed_behind_the_checks():
    game = games.robot()
    with pytest.raises(TypeError):
        game.P[2, 1] = {}
    with pytest.raises(AttributeError):
        game.horizon = 4


def test_a_table_is_a_game():
    assert isinstance(games.robot(), Game)
