r"""The variance and the range of one episode's estimate of ∂R/∂x, from the tree: no episode is enumerated.

The estimate is that of a reward-to-go loss in the raw probabilities,

.. math:: H_v = \frac1{x_v} \sum_{t:\ a_t\ is\ v} \gamma^t G_t

with G the future return. Its mean is ∂R/∂x_v.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.variance.estimators import reward_to_go
from gradcheck.tree.variance.moments import by_variable, meets_once, score_moments
from gradcheck.tree.variance.returns import forward, normalised_probabilities, returns_of

_MAX_PRODUCTS = 2 * 10**8  # of edges and variables: about two seconds
_MAX_VARIABLES = 3_000  # their scores are a dense square


@final
@dataclass(frozen=True, eq=False)
class EstimateBounds:
    """Bounds on one episode's estimate of ∂R/∂x, for each of V variables; 0 for an action that is never taken.

    Attributes:
        variance: [V] the variance, or an upper bound.
        largest: [V] an upper bound on the distance of any episode's estimate from the mean.
        exact: whether ``variance`` is the variance itself, up to rounding.
        mean_length: the steps of an episode on average.
    """

    variance: Array
    largest: Array
    exact: bool
    mean_length: float


def estimate_bounds(tree: GameTree, x: Array) -> EstimateBounds:
    r"""Compute the variance, and a bound on the range, of the estimate of each ∂R/∂x.

    The variance is exact where no observation can be met twice in an episode (H has one term at most, whose square is
    known) and in games of moderate size (see ``score_moments``). Else it is bounded with the inequality of Cauchy and
    Schwarz: an episode with n visits has :math:`H^2 \le n\, x^{-2} \sum \gamma^{2t} G_t^2`, and n is at most the number
    of steps at which the observation can be met.

    The range is sound because an episode passes one node of each level at most: it takes v at most once there, and then
    γ^t G is at most the largest discounted future return after any choice of v in that level that can be reached. So H
    is at most the sum of these over the levels (of those above 0), divided by x; and likewise from below.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
    """
    x = normalised_probabilities(tree, x)
    taken = x > 0
    inverse = np.divide(1.0, x, out=np.zeros_like(x), where=taken)
    returns = returns_of(tree, x)
    weights = reward_to_go(tree, returns, np.zeros(len(tree.observations)), from_the_start=True)
    mean = by_variable(tree, weights.mean) * inverse
    square = by_variable(tree, weights.square) * inverse**2
    low, high, visits = _ranges(tree, x)
    exact = True
    if meets_once(tree):
        second = square
    elif len(x) <= _MAX_VARIABLES and len(x) * tree.num_edges <= _MAX_PRODUCTS:
        second = score_moments(tree, x, scores=np.diag(inverse)).variance + mean**2
    else:
        second, exact = visits * square, False
    rounding = 64 * len(tree.node_levels) * 2.0**-53 * second  # a few dozen operations at each level
    return EstimateBounds(
        variance=np.maximum(second - mean**2, 0.0) + rounding,
        largest=np.where(taken, np.maximum(high * inverse - mean, mean - low * inverse), 0.0),
        exact=exact,
        mean_length=float(returns.reach.sum()),
    )


def _ranges(tree: GameTree, x: Array) -> tuple[Array, Array, Array]:
    """[V] a lower and an upper bound on Σ γ^t G_t over the steps that take each variable, and on their number."""
    taken, chance = x[tree.choice_variable] > 0, tree.chance > 0
    step = taken[tree.edge_choice] & chance
    reached = forward(tree, (tree.start > 0).astype(float), lambda flow, e: (flow[tree.edge_node[e]] > 0) & step[e]) > 0
    discount = float(tree.game.discount)
    low, high, visits = (np.zeros(len(x)) for _ in range(3))
    worst, best = np.zeros(tree.num_nodes + 1), np.zeros(tree.num_nodes + 1)  # the last, at -1: after the end
    levels = list(zip(tree.node_levels, tree.choice_levels, tree.edge_levels, strict=True))
    for time, (nodes, choices, edges) in reversed(list(enumerate(levels))):
        child, reward = tree.edge_child[edges], tree.reward[edges]
        of_choice, of_node = tree.choice_edge[choices] - edges.start, tree.node_choice[nodes] - choices.start
        least = np.where(chance[edges], reward + discount * worst[child], np.inf)
        most = np.where(chance[edges], reward + discount * best[child], -np.inf)
        least, most = np.minimum.reduceat(least, of_choice), np.maximum.reduceat(most, of_choice)
        worst[nodes] = np.minimum.reduceat(np.where(taken[choices], least, np.inf), of_node)
        best[nodes] = np.maximum.reduceat(np.where(taken[choices], most, -np.inf), of_node)
        here = np.flatnonzero(reached[tree.choice_node[choices]])
        variable = tree.choice_variable[choices][here]
        level_low, level_high, met = (np.zeros(len(x)) for _ in range(3))
        np.minimum.at(level_low, variable, discount**time * least[here])
        np.maximum.at(level_high, variable, discount**time * most[here])
        met[variable] = 1
        low, high, visits = low + level_low, high + level_high, visits + met
    return low, high, visits
