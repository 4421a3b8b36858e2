"""Unrolling rules written in Python, against writing the same tree down with OpenSpiel's State.child."""

import pyspiel
import pytest

from gradcheck import unroll
from tests.benchmarks.side_by_side import side_by_side

pytestmark = pytest.mark.benchmark

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
#: For each cell the pairs of cells that make a line with it.
THROUGH = [[tuple(cell for cell in line if cell != here) for line in LINES if here in line] for here in range(9)]


class TicTacToe:
    """Both players move by one policy; X wins 1. A state is the board as text."""

    num_actions = 9
    horizon = 9
    discount = 1

    def starts(self):
        return [(1, ".........")]

    def legal_actions(self, board):
        return [cell for cell, mark in enumerate(board) if mark == "."]

    def observe(self, board):
        return board

    def step(self, board, cell):
        me = "X" if board.count(".") % 2 else "O"
        after = board[:cell] + me + board[cell + 1 :]
        for one, other in THROUGH[cell]:
            if after[one] == me == after[other]:
                return [(1, after, 1 if me == "X" else -1, True)]
        return [(1, after, 0, "." not in after)]


def unrolled_by_openspiel(state):
    """The same tree by OpenSpiel: each history with its board, information set, legal actions, children and return."""
    infosets, nodes, keys, children, returns = {}, [], {}, [], []
    stack = [(state, -1)]
    while stack:
        here, parent = stack.pop()
        node = len(nodes)
        keys[here.history_str()] = node
        children.append((parent, node))
        if here.is_terminal():
            nodes.append((str(here), -1, ()))
            returns.append((node, here.player_return(0)))
            continue
        actions = here.legal_actions()
        nodes.append((str(here), infosets.setdefault(here.information_state_string(), len(infosets)), actions))
        stack.extend((here.child(action), node) for action in actions)
    return len(children) - 1


def test_against_state_child(table):
    game = pyspiel.load_game("tic_tac_toe")
    tree, graph = unroll(TicTacToe(), merge=False), unroll(TicTacToe())
    assert unrolled_by_openspiel(game.new_initial_state()) == tree.num_edges == 549_945
    assert graph.num_edges == 16_167

    theirs, as_tree, as_graph = side_by_side(
        lambda: unrolled_by_openspiel(game.new_initial_state()),
        lambda: unroll(TicTacToe(), merge=False),
        lambda: unroll(TicTacToe()),
        rounds=5,
    )
    seconds = f"{theirs:.2f} s"
    table.faster(
        "unrolling tic_tac_toe as a tree",
        "OpenSpiel's State.child",
        theirs / as_tree,
        3,
        f"{1e3 * as_tree:.0f} ms, {seconds}",
    )
    table.faster(
        "unrolling tic_tac_toe as a graph",
        "OpenSpiel's State.child",
        theirs / as_graph,
        60,
        f"{1e3 * as_graph:.0f} ms, {seconds}",
    )
