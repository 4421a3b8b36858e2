"""Tree + action probabilities → the exact truth: R, reach probabilities, action values, partials.

Two passes over the tree, one forward and one backward, vectorised over each level. The same code computes with
rationals (object arrays of Fractions) and with float64: numpy adds and multiplies both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from tree.rationals import Number
from tree.unroll import ENDS, Array, GameTree


@final
@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything exact about one policy in one game; rationals where all numbers were, float64 otherwise.

    Attributes:
        expected_return: R, the discounted return of an episode on average.
        node_reach: [M] the probability that an episode passes the node.
        node_value: [M] the average return from the node on, discounted from there.
        action_value: [C] the average return after each choice, discounted from there.
        reach: [V] the probability of standing where the variable's action can be taken, summed over its
            information set's nodes (so it is the number of visits, where one episode can visit it repeatedly).
        weight: [V] the same, each node discounted by its time; equal to ``reach`` at discount 1.
        average_return: [V] the average return after the action, over those nodes; None where none is reached
            and they differ.
        partials: [V] ∂R/∂x, all other probabilities held fixed: ``weight`` times ``average_return``.
    """

    expected_return: Number
    node_reach: Array
    node_value: Array
    action_value: Array
    reach: Array
    weight: Array
    average_return: tuple[Number | None, ...]
    partials: Array


def evaluate(tree: GameTree, x: Array) -> Evaluation:
    r"""Compute R and all its partials at the action probabilities x.

    Reference: Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with
    function approximation*, theorem 1, before the chain rule to parameters:

    .. math:: \partial R / \partial x_i = \sum_{nodes\ of\ i} \gamma^{time} \; reach(node) \; Q(node, action)

    where Q is the average return after the action. x is not asked to sum to 1: R is a polynomial in x, and these
    are its values and partials anywhere.

    Args:
        tree: from ``unroll``.
        x: [V] the probability of each variable's action; an object array of Fractions, or float64.
    """
    dtype = object if x.dtype == object else np.float64
    exact = dtype is object
    chance = tree.numbers(tree.rational_chance if exact else tree.chance, dtype)
    reward = tree.numbers(tree.reward, dtype)
    discount, zero = tree.numbers([tree.game.discount, 0], dtype)

    edge_node = tree.choice_node[tree.edge_choice]
    step = x[tree.choice_variable[tree.edge_choice]] * chance
    reach = tree.numbers(tree.rational_start if exact else tree.start, dtype)
    for edges in tree.edge_levels:
        goes_on = np.flatnonzero(tree.edge_child[edges] != ENDS) + edges.start
        reach[tree.edge_child[goes_on]] = reach[edge_node[goes_on]] * step[goes_on]

    value = np.full(tree.num_nodes, zero, dtype=dtype)
    action_value = np.full(len(tree.choice_node), zero, dtype=dtype)
    for nodes, edges in zip(reversed(tree.node_levels), reversed(tree.edge_levels), strict=True):
        child = tree.edge_child[edges]
        after = np.where(child == ENDS, zero, value[child])
        worth = chance[edges] * (reward[edges] + discount * after)
        choices = slice(tree.edge_choice[edges.start], tree.edge_choice[edges.stop - 1] + 1)
        action_value[choices] = np.add.reduceat(worth, tree.choice_edge[choices] - edges.start)
        weighted = x[tree.choice_variable[choices]] * action_value[choices]
        value[nodes] = np.add.reduceat(weighted, tree.node_choice[nodes] - choices.start)

    powers = tree.numbers([tree.game.discount**time for time in range(len(tree.node_levels))], dtype)
    node_weight = reach * powers[tree.node_time]
    visits = _sum_by_variable(tree, reach[tree.choice_node], zero)
    weight = _sum_by_variable(tree, node_weight[tree.choice_node], zero)
    partials = _sum_by_variable(tree, node_weight[tree.choice_node] * action_value, zero)
    first_level = tree.node_levels[0]
    total = np.add.reduce(reach[first_level] * value[first_level])
    return Evaluation(
        expected_return=total if exact else float(total),
        node_reach=reach,
        node_value=value,
        action_value=action_value,
        reach=visits,
        weight=weight,
        average_return=_averages(tree, weight, partials, action_value),
        partials=partials,
    )


def _sum_by_variable(tree: GameTree, by_choice: Array, zero: object) -> Array:
    total = np.full(len(tree.variables), zero, dtype=by_choice.dtype)
    np.add.at(total, tree.choice_variable, by_choice)
    return total


def _averages(tree: GameTree, weight: Array, partials: Array, action_value: Array) -> tuple[Number | None, ...]:
    """∂R/∂x ÷ weight; where an information set is never reached, the value its nodes agree on, if they do."""
    averages: list[Number | None] = []
    for variable, (visits, partial) in enumerate(zip(weight, partials, strict=True)):
        if visits != 0:
            averages.append(partial / visits)
        else:
            values = action_value[tree.choice_variable == variable]
            averages.append(values[0] if all(v == values[0] for v in values) else None)
    return tuple(averages)
