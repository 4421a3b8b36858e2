"""Mean and variance of the return that follows each edge, and how likely each node is; in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array

_SUM = 2.0**-5  # how far from 1 the probabilities of an information set may be: as far as bfloat16 leaves them


@final
@dataclass(frozen=True, eq=False)
class Returns:
    """The returns of a game under one policy. M nodes, E edges.

    Attributes:
        expected_return: J, the mean discounted return of an episode.
        discount: γ.
        time: [E] the number of steps before the edge.
        step: [E] the probability of the edge at its node: of the action, times that of the outcome.
        reach: [M] the probability that an episode passes the node.
        value: [M] the mean return from the node on, discounted from there.
        edge_value: [E] the mean return after the edge is taken, its reward included, discounted from its node.
        edge_variance: [E] the variance of that return.
        td_error: [E] ``edge_value`` minus the value of the edge's node: the temporal-difference error.
    """

    expected_return: float
    discount: float
    time: Array
    step: Array
    reach: Array
    value: Array
    edge_value: Array
    edge_variance: Array
    td_error: Array


def returns_of(tree: GameTree, x: Array) -> Returns:
    r"""Mean and variance of the return, by one pass back; reach probabilities, by one pass forward.

    With δ the temporal-difference error,

    .. math:: Var(node) = \sum_{edges} step \; (\gamma^2 Var(child) + \delta^2)

    which is a sum of squares: nothing cancels in it, however large the returns are beside their spread.

    Args:
        tree: the unrolled game.
        x: [V] a distribution over the actions of each information set.

    Reference:
        Sobel (1982), *The variance of discounted Markov decision processes*.
    """
    discount = float(tree.game.discount)
    node, child = tree.edge_node, tree.edge_child
    step = x[tree.choice_variable[tree.edge_choice]] * tree.chance
    edge_value, edge_variance, td_error = (np.zeros(tree.num_edges) for _ in range(3))
    value, variance = np.zeros(tree.num_nodes + 1), np.zeros(tree.num_nodes + 1)  # the last, at -1: after the end
    for nodes, edges in zip(reversed(tree.node_levels), reversed(tree.edge_levels), strict=True):
        local, size = node[edges] - nodes.start, nodes.stop - nodes.start
        edge_value[edges] = tree.reward[edges] + discount * value[child[edges]]
        edge_variance[edges] = discount**2 * variance[child[edges]]
        value[nodes] = np.bincount(local, step[edges] * edge_value[edges], size)
        td_error[edges] = edge_value[edges] - value[node[edges]]
        variance[nodes] = np.bincount(local, step[edges] * (edge_variance[edges] + td_error[edges] ** 2), size)
    reach = forward(tree, tree.start, lambda flow, edges: flow[node[edges]] * step[edges])
    return Returns(
        expected_return=float(reach[: tree.num_roots] @ value[: tree.num_roots]),
        discount=discount,
        time=tree.node_time[node],
        step=step,
        reach=reach,
        value=value[:-1],
        edge_value=edge_value,
        edge_variance=edge_variance,
        td_error=td_error,
    )


def forward(tree: GameTree, start: Array, flow: Callable[[Array, slice], Array]) -> Array:
    """[M] what flows into each node: the sum over the edges that lead to it, worked out level by level.

    Args:
        tree: the unrolled game.
        start: [M] what is there at the start.
        flow: what flows through the edges of one level, from what there is at the nodes.
    """
    total = start.copy()
    for edges, following in zip(tree.edge_levels[:-1], tree.node_levels[1:], strict=True):
        child = tree.edge_child[edges]
        on = child != ENDS
        arrived = np.bincount(child[on] - following.start, flow(total, edges)[on], following.stop - following.start)
        total[following] += arrived
    return total


def normalised_probabilities(tree: GameTree, x: Array) -> Array:
    """[V] float64: the probabilities, those of each information set divided by their sum.

    The sum may miss 1 by the rounding of a half-precision float.

    Raises:
        InvalidArgument: if there is not one for each variable, or they are no distributions.
    """
    x = float_array(x, "x")
    if x.shape != (len(tree.variables),):
        raise invalid(f"{len(tree.variables)} probabilities, one for each variable", "the shape of x", x.shape)
    counts = tree.legal_actions.sum(axis=1)
    total = np.add.reduceat(x, np.cumsum(counts) - counts)
    if not ((x >= 0).all() and (np.abs(total - 1) <= _SUM).all()):  # NaN is neither
        hint = "They are the x of one policy: at least 0, and 1 together in each information set."
        raise invalid("a distribution over the actions of each information set", "x", x, hint)
    return x / np.repeat(total, counts)


def float_array(values: object, name: str) -> Array:
    """An array of numbers, in float64.

    Raises:
        InvalidArgument: if it is none.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise invalid("an array of numbers", name, values) from None
