"""Games given as code are saved as the table of what an episode can meet, with names for states that are no values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction

import numpy as np
import pytest

from gradcheck import InvalidArgument, TabularGame, expected_return, games, symbolic_sums, unroll
from gradcheck.tree.sources.files import load_game, save_game
from gradcheck.tree.sources.tabulate import tabulate

Suit = Enum("Suit", "HEARTS SPADES", type=str)
Side = IntEnum("Side", "LEFT RIGHT", start=0)


@dataclass(frozen=True)
class Cell:
    x: int
    y: int


class Walk:
    """Two steps on an endless grid, from one of two cells; the second chance to climb is one in three."""

    num_actions, horizon, discount = 3, 2, "1/2"

    def __init__(self, observe=lambda cell: (cell.x, cell.y)):
        self.observe = observe
        self.asked = set()

    def starts(self):
        return [("1/4", Cell(0, 0)), ("3/4", Cell(5, 5))]

    def legal_actions(self, state):
        self.asked.add(state)
        return [0, 2]

    def step(self, state, action):
        if action == 0:
            return [(1, Cell(state.x + 1, state.y), state.x, False)]
        return [("1/3", Cell(state.x, state.y + 1), 1, False), ("2/3", state, -0.5, False)]


def saved(game, folder, suffix=".json"):
    path = folder / f"game{suffix}"
    save_game(game, path)
    return load_game(path)


def uniform(game):
    tree = unroll(game)
    rows = zip(tree.observations, tree.legal_actions.tolist(), strict=True)
    return {seen: tuple(Fraction(int(ok), sum(row)) for ok in row) for seen, row in rows}


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_game_given_as_code_is_worth_the_same(tmp_path, suffix):
    game = Walk()
    loaded = saved(game, tmp_path, suffix)
    assert symbolic_sums(loaded).R == symbolic_sums(game).R
    assert unroll(loaded).variables == unroll(game).variables
    policy = uniform(game)
    assert expected_return(loaded, policy) == expected_return(game, policy) != 0
    assert (loaded.horizon, loaded.discount, loaded.num_actions) == (2, Fraction(1, 2), 3)


def test_no_state_is_asked_beyond_the_horizon():
    game = Walk()
    table = tabulate(game)
    beyond = {Cell(x + 2, x) for x in (0, 5)} | {Cell(x, x + 2) for x in (0, 5)}
    assert game.asked == set(table.P)
    assert not beyond & game.asked
    assert any(outcome[1] in beyond and outcome[3] for row in table.P.values() for os in row.values() for outcome in os)


def test_a_table_is_handed_back_as_it_is():
    game = games.robot()
    assert tabulate(game) is game
    assert tabulate(unroll(game)) is game


def test_a_tree_is_saved_as_its_game(tmp_path):
    assert saved(unroll(games.robot()), tmp_path) == games.robot()
    assert symbolic_sums(saved(unroll(Walk()), tmp_path)).R == symbolic_sums(Walk()).R


def test_what_is_only_seen_as_a_name_gets_a_name(tmp_path):
    game = Walk(observe=lambda cell: cell)
    loaded = saved(game, tmp_path)
    assert len(unroll(loaded).observations) == len(unroll(game).observations) == 6
    assert set(loaded.observations.values()) == {f"observation {i}" for i in range(1, 7)}
    assert symbolic_sums(loaded).R == symbolic_sums(game).R


def test_only_states_that_need_a_name_get_one_and_it_is_new(tmp_path):
    states = ["state 1", (2, 1), Cell(0, 0)]
    P = {state: {0: [(1, None, 0, True)]} for state in states}
    game = TabularGame(P, "state 1", 1, dict.fromkeys(states, "same"))
    assert set(saved(game, tmp_path).P) == {"state 1", (2, 1), "state 2"}


EQUAL_VALUES = {
    "numpy's numbers": (np.int64(2), np.float32(0.5), np.float64(0.1)),
    "fractions that are floats": (Fraction(1, 4), Fraction(6, 2)),
    "decimals that are floats": (Decimal("0.5"), Decimal(3)),
    "enumerations": (Suit.HEARTS, Side.RIGHT),
}


@pytest.mark.parametrize("name", EQUAL_VALUES)
@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_values_that_equal_plain_ones_are_written_as_these(tmp_path, name, suffix):
    value = EQUAL_VALUES[name]
    game = TabularGame({value: {0: [(1, "end", 0, True)]}}, value, 1)
    assert saved(game, tmp_path, suffix) == game


def nested(depth):
    return (nested(depth - 1),) if depth else 0


def test_up_to_16_tuples_may_stand_inside_each_other(tmp_path):
    for depth, is_kept in ((16, True), (17, False)):
        game = TabularGame({nested(depth): {0: [(1, "end", 0, True)]}}, nested(depth), 1, {nested(depth): 0})
        assert (saved(game, tmp_path) == game) is is_kept
        assert set(saved(game, tmp_path).P) == {nested(depth) if is_kept else "state 1"}


@pytest.mark.parametrize("kind", [int, float, bool])
def test_a_number_in_a_state_stays_of_its_kind(tmp_path, kind):
    game = TabularGame({(kind(1),): {0: [(1, "end", 0, True)]}}, (kind(1),), 1)
    ((loaded,),) = saved(game, tmp_path).P
    assert type(loaded) is kind


@pytest.mark.parametrize("odd", [(Fraction(1, 3), 1), Fraction(1, 3), (float("inf"),), (10**400, 0)])
def test_numbers_that_a_network_reads_are_not_renamed(tmp_path, odd):
    game = TabularGame({"s": {0: [(1, "end", 0, True)]}}, "s", 1, {"s": odd})
    with pytest.raises(InvalidArgument, match="an observation="):
        saved(game, tmp_path)
    assert list(tmp_path.iterdir()) == []


TOO_LONG = {
    "a fraction of 401 digits": ({"discount": Fraction(10**400 - 1, 10**400)}, "discount="),
    "a fraction of 5000 digits": ({"discount": Fraction(10**5000 - 1, 10**5000)}, "discount="),
    "a horizon of 5000 digits": ({"horizon": 10**5000}, "horizon="),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_numbers_too_long_to_be_read_again_are_refused(tmp_path, name):
    options, named = TOO_LONG[name]
    game = TabularGame({"s": {0: [(1, "end", 0, True)]}}, "s", **{"horizon": 1} | options)
    with pytest.raises(InvalidArgument, match=named):
        saved(game, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_game_of_too_many_states_is_refused():
    class Endless(Walk):
        horizon = 10**9

    with pytest.raises(InvalidArgument, match="1000"):
        tabulate(Endless(), max_states=1000)


@pytest.mark.parametrize("no_game", [None, "robot", TabularGame, Walk])
def test_what_is_no_game_is_refused(tmp_path, no_game):
    with pytest.raises(InvalidArgument, match="game="):
        saved(no_game, tmp_path)
