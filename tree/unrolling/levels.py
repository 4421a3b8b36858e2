"""Rules → levels: the states, choices and outcomes that there are after each number of steps, as numbers.

In a graph a level holds each state once; in a tree, once for every history that leads to it. A level of a million
outcomes takes a dozen array operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import ENDS
from gradcheck.tree.progress import progress
from gradcheck.tree.types import Array
from gradcheck.tree.unrolling.memory_limit import Limit
from gradcheck.tree.unrolling.rules import Rules

_MAX_LEVELS_COUNTED = 100_000  # a second or two; after so many, a message says "more than" what was counted


@final
@dataclass(frozen=True, eq=False)
class Level:
    """What can happen after one number of steps. Children are counted from the first node of the next level."""

    state: Array
    choice: Array
    edge: Array
    child: Array


def as_graph(rules: Rules, limit: Limit) -> tuple[list[Level], bool]:
    """The levels with every state once in each, and whether any histories were merged by that.

    Raises:
        InvalidArgument: if there are more nodes or edges than fit. They are counted before a level is built.
    """
    _refuse_too_many(rules, limit)
    levels: list[Level] = []
    merged = False
    seen_at = np.empty(len(rules.states), dtype=np.intp)
    state = rules.start_state
    for time in progress(count(), rules.game.horizon, "steps unrolled"):
        if not len(state):
            break
        choice, edge, goes_on = _outcomes(rules, state, time)
        following = rules.next_state[edge[goes_on]]
        first, child = _first_visits(following, seen_at)
        merged = merged or len(first) < len(following)
        levels.append(Level(state, choice, edge, _children(goes_on, child)))
        state = following[first]
    return levels, merged


def as_tree(rules: Rules) -> list[Level]:
    """The levels with a node for every history."""
    levels: list[Level] = []
    state, time = rules.start_state, 0
    while len(state):
        choice, edge, goes_on = _outcomes(rules, state, time)
        following = rules.next_state[edge[goes_on]]
        levels.append(Level(state, choice, edge, _children(goes_on, np.arange(len(following)))))
        state, time = following, time + 1
    return levels


def _outcomes(rules: Rules, state: Array, time: int) -> tuple[Array, Array, Array]:
    """The choices and edges of a level's states, and which of these edges go on."""
    choice = _ranges(rules.state_choice, state)
    edge = _ranges(rules.choice_edge, choice)
    if rules.game.horizon is not None and time + 1 >= rules.game.horizon:
        return choice, edge, np.zeros(len(edge), dtype=bool)
    return choice, edge, ~rules.ends[edge]


def _ranges(bounds: Array, rows: Array) -> Array:
    """bounds[row], …, bounds[row + 1] - 1 for every row, one after another."""
    begin = bounds[rows]
    size = bounds[rows + 1] - begin
    ends = np.cumsum(size)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - ends + size, size)


def _first_visits(state: Array, seen_at: Array) -> tuple[Array, Array]:
    """The places at which a state comes up for the first time, and for every place which of these states it holds."""
    order = np.arange(len(state))
    seen_at[state[::-1]] = order[::-1]  # written backwards, so that the first in order stays
    first_of = seen_at[state]
    is_first = first_of == order
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[first_of]


def _children(goes_on: Array, child: Array) -> Array:
    children = np.full(len(goes_on), ENDS)
    children[goes_on] = child
    return children


def _refuse_too_many(rules: Rules, limit: Limit) -> None:
    """Count nodes and edges of the graph level by level, keeping no level; once one repeats, the rest is arithmetic."""
    edges_of = np.diff(rules.choice_edge[rules.state_choice])
    nodes: list[int] = []
    edges: list[int] = []
    known: dict[bytes, int] = {}
    seen_at = np.empty(len(rules.states), dtype=np.intp)
    state, horizon = rules.start_state, rules.game.horizon
    total_nodes = total_edges = 0
    while len(state):
        nodes.append(len(state))
        edges.append(int(edges_of[state].sum()))
        total_nodes, total_edges = total_nodes + nodes[-1], total_edges + edges[-1]
        if horizon is not None:
            is_here = np.zeros(len(rules.state_infoset), dtype=bool)
            is_here[state] = True
            before = known.setdefault(blake2b(is_here.tobytes(), digest_size=16).digest(), len(nodes) - 1)
            if before < len(nodes) - 1:
                total_nodes, total_edges = (_repeated(counts, before, horizon) for counts in (nodes, edges))
                break
        if len(nodes) >= _MAX_LEVELS_COUNTED and not limit.allows(total_nodes, total_edges):
            raise _too_many("more than ", total_nodes, total_edges, limit)
        _, edge, goes_on = _outcomes(rules, state, len(nodes) - 1)
        following = rules.next_state[edge[goes_on]]
        state = following[_first_visits(following, seen_at)[0]]
    if not limit.allows(total_nodes, total_edges):
        raise _too_many("", total_nodes, total_edges, limit)


def _repeated(counts: list[int], before: int, horizon: int) -> int:
    """The sum of the counts up to the horizon, where the levels from ``before`` on come again and again."""
    head, period = counts[:before], counts[before:-1]
    rounds, rest = divmod(horizon - before, len(period))
    return sum(head) + rounds * sum(period) + sum(period[:rest])


def _too_many(more: str, nodes: int, edges: int, limit: Limit) -> Exception:
    hint = (
        f"It has {more}{nodes:,} decisions with {edges:,} outcomes. Give it a shorter horizon, or "
        "unroll(game, max_nodes=…) a larger limit."
    )
    expected = "a game whose decisions fit, even with equal states at equal times merged"
    return invalid(expected, "max_nodes", limit.nodes, hint)
