"""Tree → blocks of one level each, small enough for the processor's cache, with all that does not depend on a policy.

An edge that ends the episode is worth its reward, whatever the policy: what a choice's edges pay on average is worked
out once. Passes then only follow the edges that go on. What need not be done is left out of a block: multiplying with
chances that are all 1, adding rewards that are all 0, gathering what lies side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, final

import numpy as np

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.values.segment_sums import Parts

#: Where something stands: side by side, or anywhere.
Where: TypeAlias = "slice | Array"


@final
@dataclass(frozen=True, eq=False, slots=True)
class Going:
    """The edges of a block that go on. ``None`` stands for nothing to do.

    Attributes:
        edges: of the tree.
        node: the node each comes from.
        choice: the choice each comes from.
        choice_in_block: the same, counted from the block's first.
        chance: of each; None if all are 1.
        child: the node each leads to.
        arrivals: how those that lead to one child add up, and these children; None if all lead to different ones.
        by_choice: how they belong to choices.
        those: these choices, from the first of the block; None if all.
        child_of_choice: the child of every choice of the block, M where it has none; None unless that is cheaper to
            gather than ``those`` are to scatter to.
    """

    edges: Where
    node: Where
    choice: Where
    choice_in_block: Where
    chance: Array | None
    child: Where
    arrivals: tuple[Parts, Where] | None
    by_choice: Parts
    those: Array | None
    child_of_choice: Array | None


@final
@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Consecutive nodes of one level with their choices.

    Attributes:
        nodes, choices: of the tree.
        by_node: how choices belong to nodes.
        pays: the average reward of each choice's edges; None if all are 0.
        going: its edges that go on; None if all end.
    """

    nodes: slice
    choices: slice
    by_node: Parts
    pays: Array | None
    going: Going | None


def gather(values: Array, where: Where) -> Array:
    """What stands there: a view where it stands side by side."""
    return values[where] if isinstance(where, slice) else values.take(where, axis=0)


def blocks(tree: GameTree, chance: Array, pays: Array, *, size: int) -> tuple[Block, ...]:
    """Cut a tree into blocks, level by level from the start.

    Args:
        tree: to pass over.
        chance: [E] in the numbers to compute with.
        pays: [C] the average reward of each choice, likewise.
        size: of a block, in edges.
    """
    return tuple(_block(tree, nodes, chance, pays) for nodes in _cuts(tree, size))


def _cuts(tree: GameTree, size: int) -> Iterator[slice]:
    first_edge = tree.choice_edge[tree.node_choice]
    for nodes, edges in zip(tree.node_levels, tree.edge_levels, strict=True):
        marks = np.arange(edges.start + size, edges.stop, size)
        cuts = np.unique(np.searchsorted(first_edge[nodes], marks)) + nodes.start
        bounds = [nodes.start, *(cut for cut in cuts.tolist() if nodes.start < cut < nodes.stop), nodes.stop]
        for begin, end in pairwise(bounds):
            yield slice(begin, end)


def _block(tree: GameTree, nodes: slice, chance: Array, pays: Array) -> Block:
    last = nodes.stop == tree.num_nodes
    choices = slice(int(tree.node_choice[nodes.start]), tree.num_choices if last else int(tree.node_choice[nodes.stop]))
    stop = tree.num_edges if choices.stop == tree.num_choices else int(tree.choice_edge[choices.stop])
    edges = slice(int(tree.choice_edge[choices.start]), stop)
    going = np.flatnonzero(tree.edge_child[edges] != ENDS) + edges.start
    return Block(
        nodes=nodes,
        choices=choices,
        by_node=Parts.of(tree.node_choice[nodes] - choices.start, choices.stop - choices.start),
        pays=pays[choices] if pays[choices].any() else None,
        going=_going(tree, choices, going, chance[going]) if len(going) else None,
    )


def _going(tree: GameTree, choices: slice, edges: Array, chance: Array) -> Going:
    choice, child = tree.edge_choice[edges], tree.edge_child[edges]
    first = np.flatnonzero(np.diff(choice, prepend=-1))
    those = choice[first] - choices.start
    size = choices.stop - choices.start
    plain = len(first) == len(edges) and (chance == 1).all()
    return Going(
        edges=_side_by_side(edges),
        node=_side_by_side(tree.choice_node[choice]),
        choice=_side_by_side(choice),
        choice_in_block=_side_by_side(choice - choices.start),
        chance=None if (chance == 1).all() else chance,
        child=_side_by_side(child),
        arrivals=None if len(np.unique(child)) == len(child) else _arrivals(child),
        by_choice=Parts.of(first, len(edges)),
        those=None if len(those) == size else those,
        child_of_choice=_filled(those, child, size, tree.num_nodes)
        if plain and size > len(those) > size // 4
        else None,
    )


def _filled(where: Array, values: Array, size: int, otherwise: int) -> Array:
    filled = np.full(size, otherwise)
    filled[where] = values
    return filled


def _arrivals(child: Array) -> tuple[Parts, Where]:
    children, which = np.unique(child, return_inverse=True)
    return Parts.anywhere(which, len(children)), _side_by_side(children)


def _side_by_side(where: Array) -> Where:
    """A slice, if the numbers follow one another: a view is cheaper than a copy."""
    first = int(where[0])
    return slice(first, first + len(where)) if (np.diff(where) == 1).all() else where
