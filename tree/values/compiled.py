"""The two passes as machine code, made by numba: for millions of edges, or many thousands of policies.

Importing numba takes a third of a second; compiling takes a few seconds, once on a machine. Then the passes run close
to the speed of memory. They add in another order than numpy does: results agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array


class Layout(NamedTuple):
    """What the compiled passes read, in the order in which they read it. After G edges the episode goes on.

    Indices are unsigned, so that compiled code need not test for negative ones.

    Attributes:
        merged: whether several edges may lead to one node.
        start: [roots] the probability of each.
        node_levels: [levels + 1] the first node of each level, and the end of the last.
        going_levels: [levels + 1] the same for the edges that go on.
        node_choice: [M + 1] the first choice of each node, and the end of the last.
        variable: [C] of each choice; empty where every choice is a variable of its own, in this order.
        mean_reward: [C] the average reward of its edges.
        node, choice: [G] where an edge comes from.
        child: [G] the node it leads to; empty where that is the next one each time.
        chance: [G] of each, discounted.
    """

    merged: bool
    start: Array
    node_levels: Array
    going_levels: Array
    node_choice: Array
    variable: Array
    mean_reward: Array
    node: Array
    choice: Array
    child: Array
    chance: Array


class Scratch(NamedTuple):
    """Room that the compiled passes write to: discounted reach and value of each node, values of a level's choices."""

    weight: Array
    value: Array
    worth: Array


def layout_of(tree: GameTree) -> Layout:
    """The layout of a tree, made once."""
    if "layout" not in tree.prepared:
        rules = tree.rules
        own = len(tree.variables) == tree.num_choices and (np.diff(tree.choice_variable) == 1).all()
        going = np.flatnonzero(tree.edge_child != ENDS)
        edge_levels = [level.start for level in tree.edge_levels] + [tree.num_edges]
        mean_reward = np.add.reduceat(rules.chance * rules.reward, rules.choice_edge[:-1])[tree.choice_rule]
        tree.prepared["layout"] = Layout(
            merged=tree.merged,
            start=tree.start[: tree.num_roots].copy(),
            node_levels=np.array([level.start for level in tree.node_levels] + [tree.num_nodes], np.uint64),
            going_levels=np.searchsorted(going, edge_levels).astype(np.uint64),
            node_choice=np.append(tree.node_choice, tree.num_choices).astype(np.uint64),
            variable=np.empty(0, np.uint32) if own else tree.choice_variable.astype(np.uint32),
            mean_reward=mean_reward,
            node=tree.edge_node[going].astype(np.uint32),
            choice=tree.edge_choice[going].astype(np.uint32),
            child=tree.edge_child[going].astype(np.uint32) if tree.merged else np.empty(0, np.uint32),
            chance=tree.chance[going] * float(tree.game.discount),
        )
    return tree.prepared["layout"]


def scratch_of(tree: GameTree) -> Scratch:
    """Make room for one run at a time."""
    widest = max(level.stop - level.start for level in tree.choice_levels)
    return Scratch(np.empty(tree.num_nodes), np.empty(tree.num_nodes), np.empty(widest))


@cache
def compiled_passes() -> Callable[..., float]:
    """Compile the passes: a layout, x [V] and scratch in; R out, and ∂R/∂x into ``partials`` [V].

    Raises:
        ImportError: without numba.
    """
    try:
        from numba import njit
    except ImportError as error:
        raise ImportError('The compiled passes need numba: pip install "gradcheck[fast]"') from error
    compiled: Any = njit(cache=True, nogil=True, boundscheck=False)(_passes)
    return compiled


def _passes(layout: Layout, x: Array, scratch: Scratch, partials: Array) -> float:
    """Discounted reach forward; values and partials backward."""
    merged, start, node_levels, going_levels, node_choice, variable, mean_reward, node, choice, child, chance = layout
    weight, value, worth = scratch
    own, roots = variable.size == 0, np.uint64(start.size)
    if merged:
        weight[:] = 0.0
    weight[: start.size] = start
    for edge in range(choice.size):
        taken = choice[edge] if own else variable[choice[edge]]
        passing = weight[node[edge]] * x[taken] * chance[edge]
        if merged:
            weight[child[edge]] += passing
        else:
            weight[start.size + edge] = passing
    if not own:
        partials[:] = 0.0
    for level in range(node_levels.size - 2, -1, -1):
        first, end = node_choice[node_levels[level]], node_choice[node_levels[level + 1]]
        worth[: end - first] = mean_reward[first:end]
        for edge in range(going_levels[level], going_levels[level + 1]):
            after = value[child[edge]] if merged else value[roots + edge]
            worth[choice[edge] - first] += chance[edge] * after
        for at in range(node_levels[level], node_levels[level + 1]):
            total, reached = 0.0, weight[at]
            for each in range(node_choice[at], node_choice[at + 1]):
                if own:
                    partials[each] = reached * worth[each - first]
                    total += x[each] * worth[each - first]
                else:
                    partials[variable[each]] += reached * worth[each - first]
                    total += x[variable[each]] * worth[each - first]
            value[at] = total
    returned = 0.0
    for root in range(start.size):
        returned += start[root] * value[root]
    return returned
