"""The two passes as machine code, by numba where it is installed: for millions of edges, or many thousands of policies.

Numba takes a third of a second to import and a few to compile, once on a machine; then the passes run close to the
speed of memory. The additions are made in another order than numpy's: results agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tree.levels import ENDS
from tree.unroll import Array, GameTree


class Layout(NamedTuple):
    """What the compiled passes read, in their order. G edges go on.

    Attributes:
        start: [roots].
        node_choice: [M + 1] the first choice of each node, and the end of the last.
        weight: [M] γ^t of each node; a single 1 in undiscounted games.
        variable: [C] of each choice.
        pays: [C] the average reward of its edges.
        going: [C + 1] the first edge of each choice that goes on, and the end of the last.
        node: [G] where it comes from.
        child: [G] where it leads to.
        chance: [G] of each, discounted.
        discount: undone where reach is meant.
    """

    start: Array
    node_choice: Array
    variable: Array
    pays: Array
    going: Array
    child: Array
    chance: Array
    discount: float


def layout_of(tree: GameTree) -> Layout:
    """Lay a tree out, once."""
    if "layout" not in tree.prepared:
        rules = tree.rules
        going = np.flatnonzero(tree.edge_child != ENDS)
        pays = np.add.reduceat(rules.chance * rules.reward, rules.choice_edge[:-1])[tree.choice_rule]
        bounds = np.arange(tree.num_choices + 1)
        tree.prepared["layout"] = Layout(
            start=tree.start[: tree.num_roots].copy(),
            node_choice=np.append(tree.node_choice, tree.num_choices).astype(np.int32),
            variable=tree.choice_variable.astype(np.int32),
            pays=pays,
            going=np.searchsorted(tree.edge_choice[going], bounds).astype(np.int32),
            child=tree.edge_child[going].astype(np.int32),
            chance=tree.chance[going] * float(tree.game.discount),
            discount=float(tree.game.discount),
        )
    return tree.prepared["layout"]


@cache
def passes() -> Callable[..., float]:
    """Compile the passes: layout and x [V] in; R out, and ∂R/∂x into ``partials`` [V].

    Raises:
        ImportError: without numba.
    """
    try:
        from numba import njit
    except ImportError as error:
        raise ImportError('The compiled passes need numba: pip install "gradcheck[fast]"') from error
    compiled: Any = njit(cache=True, nogil=True, boundscheck=False)(_passes)
    return compiled


def _passes(  # noqa: PLR0917 - numba takes no keywords
    start: Array,
    node_choice: Array,
    variable: Array,
    pays: Array,
    going: Array,
    child: Array,
    chance: Array,
    x: Array,
    weight: Array,
    value: Array,
    partials: Array,
) -> float:
    """Discounted reach forward; values and partials backward. ``weight`` and ``value`` are [M] scratch."""
    for node in range(weight.size):
        weight[node] = 0.0
    for node in range(start.size):
        weight[node] = start[node]
    for node in range(weight.size):
        here = weight[node]
        for choice in range(node_choice[node], node_choice[node + 1]):
            passing = here * x[variable[choice]]
            for edge in range(going[choice], going[choice + 1]):
                weight[child[edge]] += passing * chance[edge]
    for variable_number in range(partials.size):
        partials[variable_number] = 0.0
    for node in range(weight.size - 1, -1, -1):
        total = 0.0
        here = weight[node]
        for choice in range(node_choice[node], node_choice[node + 1]):
            worth = pays[choice]
            for edge in range(going[choice], going[choice + 1]):
                worth += chance[edge] * value[child[edge]]
            partials[variable[choice]] += here * worth
            total += x[variable[choice]] * worth
        value[node] = total
    returned = 0.0
    for node in range(start.size):
        returned += start[node] * value[node]
    return returned
