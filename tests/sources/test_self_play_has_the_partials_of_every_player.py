"""In self-play, the partials at a player's information sets are those of this player's own game against the same
opponents; they change sign with the player whose returns count."""

import pytest

from gradcheck import partials, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel

GAMES = ["kuhn_poker", "leduc_poker", "liars_dice(numdice=1,dice_sides=3)", "matrix_rps"]


def own_partials(name, player, table):
    tree = unroll(from_openspiel(name, player=player, opponents=table))
    return partials(tree, {seen: table[seen] for seen in tree.observations})


@pytest.mark.parametrize("name", GAMES)
def test_the_partials_of_both_players(name, uneven):
    first, second = (from_openspiel(name, player=player, opponents="same") for player in (0, 1))
    table = uneven(first)
    of_first, of_second = partials(first, table), partials(second, table)
    assert of_second == {key: -value for key, value in of_first.items()}  # they are games of zero sum
    mine, yours = own_partials(name, 0, table), own_partials(name, 1, table)
    assert mine.keys() | yours.keys() == of_first.keys()
    assert mine == {key: of_first[key] for key in mine}
    assert yours == {key: of_second[key] for key in yours}


def test_control_another_row_of_the_opponent_changes_them(uneven):
    table = uneven(from_openspiel("kuhn_poker", opponents="same"))
    other = table | {"0b": {0: 1, 1: 0}}
    assert own_partials("kuhn_poker", 0, table) != own_partials("kuhn_poker", 0, other)
