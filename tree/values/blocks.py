"""Tree → blocks that fit the processor's cache, each of one level, with all that does not depend on a policy.

The mean reward of a choice's edges does not depend on the policy and is worked out once. Passes then only follow the
edges that go on. A block also knows what need not be done in it: multiplying with chances that are all 1, adding
rewards that are all 0, gathering values that lie side by side already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, final

import numpy as np

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.values.segment_sums import Segments

#: Places in an array: side by side, or anywhere.
Where: TypeAlias = "slice | Array"


@final
@dataclass(frozen=True, eq=False, slots=True)
class ContinuingEdges:
    """The edges of a block after which the episode goes on. ``None`` stands for nothing to do.

    Attributes:
        edges: of the tree.
        node: the node each comes from.
        choice: the choice each comes from.
        choice_in_block: the same, counted from the block's first.
        chance: of each; None if all are 1.
        child: the node each leads to.
        arrivals: how edges that lead to the same child add up, and these children; None if all children differ.
        by_choice: how edges belong to choices.
        choices_with: the choices that have any, counted from the block's first; None if all have.
        child_of_choice: the child of every choice of the block, M where it has none; None unless gathering from it is
            cheaper than scattering to ``choices_with``.
    """

    edges: Where
    node: Where
    choice: Where
    choice_in_block: Where
    chance: Array | None
    child: Where
    arrivals: tuple[Segments, Where] | None
    by_choice: Segments
    choices_with: Array | None
    child_of_choice: Array | None


@final
@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Consecutive nodes of one level with their choices.

    Attributes:
        nodes, choices: of the tree.
        by_node: how choices belong to nodes.
        mean_reward: the average reward of each choice's edges; None if all are 0.
        continuing: its edges that go on; None if all end the episode.
    """

    nodes: slice
    choices: slice
    by_node: Segments
    mean_reward: Array | None
    continuing: ContinuingEdges | None


def gather(values: Array, where: Where) -> Array:
    """The values at these places: a view, where the places lie side by side."""
    return values[where] if isinstance(where, slice) else values.take(where, axis=0)


def blocks(tree: GameTree, chance: Array, mean_reward: Array, *, size: int) -> tuple[Block, ...]:
    """Cut a tree into blocks, level by level from the start.

    Args:
        tree: to pass over.
        chance: [E] in the numbers to compute with.
        mean_reward: [C] the average reward of each choice, likewise.
        size: of a block, in edges.
    """
    return tuple(_block(tree, nodes, chance, mean_reward) for nodes in _cuts(tree, size))


def _cuts(tree: GameTree, size: int) -> Iterator[slice]:
    first_edge = tree.choice_edge[tree.node_choice]
    for nodes, edges in zip(tree.node_levels, tree.edge_levels, strict=True):
        marks = np.arange(edges.start + size, edges.stop, size)
        cuts = np.unique(np.searchsorted(first_edge[nodes], marks)) + nodes.start
        bounds = [nodes.start, *(cut for cut in cuts.tolist() if nodes.start < cut < nodes.stop), nodes.stop]
        for begin, end in pairwise(bounds):
            yield slice(begin, end)


def _block(tree: GameTree, nodes: slice, chance: Array, mean_reward: Array) -> Block:
    last = nodes.stop == tree.num_nodes
    choices = slice(int(tree.node_choice[nodes.start]), tree.num_choices if last else int(tree.node_choice[nodes.stop]))
    stop = tree.num_edges if choices.stop == tree.num_choices else int(tree.choice_edge[choices.stop])
    edges = slice(int(tree.choice_edge[choices.start]), stop)
    continuing = np.flatnonzero(tree.edge_child[edges] != ENDS) + edges.start
    return Block(
        nodes=nodes,
        choices=choices,
        by_node=Segments.consecutive(tree.node_choice[nodes] - choices.start, choices.stop - choices.start),
        mean_reward=mean_reward[choices] if mean_reward[choices].any() else None,
        continuing=_continuing_edges(tree, choices, continuing, chance[continuing]) if len(continuing) else None,
    )


def _continuing_edges(tree: GameTree, choices: slice, edges: Array, chance: Array) -> ContinuingEdges:
    choice, child = tree.edge_choice[edges], tree.edge_child[edges]
    first = np.flatnonzero(np.diff(choice, prepend=-1))
    choices_with = choice[first] - choices.start
    size = choices.stop - choices.start
    single = len(first) == len(edges) and (chance == 1).all()  # one outcome after each choice
    return ContinuingEdges(
        edges=_side_by_side(edges),
        node=_side_by_side(tree.choice_node[choice]),
        choice=_side_by_side(choice),
        choice_in_block=_side_by_side(choice - choices.start),
        chance=None if (chance == 1).all() else chance,
        child=_side_by_side(child),
        arrivals=None if len(np.unique(child)) == len(child) else _arrivals(child),
        by_choice=Segments.consecutive(first, len(edges)),
        choices_with=None if len(choices_with) == size else choices_with,
        child_of_choice=_filled(choices_with, child, size, tree.num_nodes)
        if single and size > len(choices_with) > size // 4
        else None,
    )


def _filled(where: Array, values: Array, size: int, otherwise: int) -> Array:
    filled = np.full(size, otherwise)
    filled[where] = values
    return filled


def _arrivals(child: Array) -> tuple[Segments, Where]:
    children, which = np.unique(child, return_inverse=True)
    return Segments.scattered(which, len(children)), _side_by_side(children)


def _side_by_side(where: Array) -> Where:
    """The places as a slice, if they follow one another: a view is cheaper than a copy."""
    first = int(where[0])
    return slice(first, first + len(where)) if (np.diff(where) == 1).all() else where
