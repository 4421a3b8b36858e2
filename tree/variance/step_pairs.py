r"""Sums over all pairs of steps of an episode, averaged over episodes, none of which is enumerated.

Vectors z_j of a few kinds j are handed from node to node along the levels of the tree:

.. math:: z_j(node) = \sum_{edges} \Big( own_j \; row(variable) + \sum_l carry_{jl} \; z_l(child) \Big)

so that they collect what follows the node. Their products with the weights of the edges are added up by variable,

.. math:: sum(v) = \sum_{edges\ of\ v} \sum_j cross_j \; z_j(child)

which pairs every step with all later ones. *Forward*, vectors collect what came before the node, and every step is
paired with all earlier ones. Each level is one product with a sparse matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array

_NUMBERS = 2**24  # in a temporary array: 128 MiB
_CACHED = 2**17  # numbers that stay in a cache: 1 MiB
_DENSE = 32  # cells for each entry: with fewer, multiplying the matrix with its zeros written out is faster


@final
@dataclass(frozen=True, eq=False)
class PairRecursion:
    """The weights of the recursion for each edge, the probability of the edge included.

    Attributes:
        own: for each of the J kinds, [E].
        carry: by (kind to, kind from), [E].
        cross: for each of the J kinds, [E].
    """

    own: tuple[Array, ...]
    carry: Mapping[tuple[int, int], Array]
    cross: tuple[Array, ...]

    @property
    def terms(self) -> int:
        """How many products of a number and a vector there are for each edge."""
        return len(self.own) + len(self.carry) + len(self.cross)


def pair_sums(tree: GameTree, recursion: PairRecursion, rows: Array | None, *, forward: bool = False) -> Array:
    """[V, K] for each variable the sum over its steps, each with all later ones, or with all earlier ones if forward.

    Args:
        tree: the unrolled game.
        recursion: the weights.
        rows: [V, K] the vector of each variable; None for the V unit vectors.
        forward: whether the vectors collect what came before.
    """
    num_variables = len(tree.variables)
    width = num_variables if rows is None else rows.shape[1]
    total = np.zeros((num_variables, width))
    widest = max(edges.stop - edges.start for edges in tree.edge_levels)
    block = 1 + _NUMBERS // (len(recursion.own) * widest)
    for begin in range(0, width, block):
        columns = slice(begin, min(begin + block, width))
        _sweep(tree, recursion, None if rows is None else rows[:, columns], columns, total, forward=forward)
    return total


def _sweep(
    tree: GameTree, recursion: PairRecursion, rows: Array | None, columns: slice, total: Array, *, forward: bool
) -> None:
    kinds, width = len(recursion.own), columns.stop - columns.start
    node_levels = [*tree.node_levels, slice(0, 0)]  # nothing after the last
    levels = range(len(tree.edge_levels))
    vectors = np.zeros((kinds * tree.num_roots if forward else 0, width))
    for level in levels if forward else reversed(levels):
        edges = tree.edge_levels[level]
        all_edges, on = np.arange(edges.stop - edges.start), np.flatnonzero(tree.edge_child[edges] != ENDS)
        nodes = tree.edge_node[edges] - node_levels[level].start
        children = tree.edge_child[edges] - node_levels[level + 1].start
        sizes = [each.stop - each.start for each in node_levels[level : level + 2]]
        if forward:
            source, target, (num_sources, num_targets), with_source, with_target = nodes, children, sizes, all_edges, on
        else:
            source, target, (num_targets, num_sources), with_source, with_target = children, nodes, sizes, on, all_edges
        variable = tree.choice_variable[tree.edge_choice[edges]]
        present, place = np.unique(variable, return_inverse=True)
        below = kinds * num_targets  # the sums stand below the vectors

        entries = [
            (to * num_targets + target[on], kind * num_sources + source[on], weight[edges][on])
            for (to, kind), weight in recursion.carry.items()
        ] + [
            (below + place[with_source], kind * num_sources + source[with_source], weight[edges][with_source])
            for kind, weight in enumerate(recursion.cross)
        ]
        product = _sparse_product(entries, below + len(present), vectors)
        total[present, columns] += product[below:]
        own = [
            (kind * num_targets + target[with_target], variable[with_target], weight[edges][with_target])
            for kind, weight in enumerate(recursion.own)
        ]
        vectors = product[:below] + (_cells(own, below, columns) if rows is None else _sparse_product(own, below, rows))


_Entries = list[tuple[Array, Array, Array]]


def _sparse_product(entries: _Entries, num_rows: int, matrix: Array) -> Array:
    """The product of a sparse matrix, given by (row, column, weight) lists, and a dense one."""
    row, column, weight = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    size = len(matrix)
    cells = num_rows * size
    if cells <= min(_DENSE * len(row), _NUMBERS):
        return np.bincount(row * size + column, weight, cells).reshape(num_rows, size) @ matrix
    cell, same = np.unique(row * size + column, return_inverse=True)
    row, column, weight = cell // size, cell % size, np.bincount(same, weight)
    product = np.zeros((num_rows, matrix.shape[1]))
    part = 1 + _CACHED // matrix.shape[1]
    for begin in range(0, len(cell), part):
        here = slice(begin, begin + part)
        first = np.flatnonzero(np.diff(row[here], prepend=-1))
        product[row[here][first]] += np.add.reduceat(weight[here, None] * matrix[column[here]], first, axis=0)
    return product


def _cells(entries: _Entries, num_rows: int, columns: slice) -> Array:
    """The sparse matrix itself, with its zeros, of these columns."""
    row, column, weight = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    width = columns.stop - columns.start
    here = (columns.start <= column) & (column < columns.stop)
    flat = np.bincount(row[here] * width + column[here] - columns.start, weight[here], num_rows * width)
    return flat.reshape(num_rows, width)
