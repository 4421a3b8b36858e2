r"""The weights of two score-function estimators: what they multiply scores with, as numbers for each edge.

Both are sums over the steps of an episode, H = Σ_t ψ_t w_t, with ψ the score of the action taken and b a baseline:

* *reward-to-go*: w_t = δ^t (G_t - b(o_t)), with G_t the return from step t on; δ is the discount γ, or 1;
* *total return*: w_t = G_0 - b(o_t).

With δ = γ, or with total returns, E H is the gradient of the expected discounted return J.

E[H Hᵀ] is a sum over steps, of ψψᵀ E[w²], and a sum over pairs of steps. Because w is linear in the return, neither
needs more than second moments. Returns are taken relative to their conditional means, so that a large return that all
episodes have in common does not drown the variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import number
from gradcheck.tree.types import Array
from gradcheck.tree.variance.returns import Returns, forward
from gradcheck.tree.variance.step_pairs import PairRecursion

Estimator: TypeAlias = Literal["reward_to_go", "total_return"]


@final
@dataclass(frozen=True, eq=False)
class Weights:
    """The weights w of an estimator, averaged over the episodes that pass an edge, times the probability of passing it.

    Attributes:
        mean: [E] of w.
        square: [E] of w².
        later: pairs each ψ_s w_s with the sum of ψ_t w_t over t > s.
    """

    mean: Array
    square: Array
    later: PairRecursion


def weights_of(
    tree: GameTree, returns: Returns, baseline: Array, *, estimator: Estimator, from_the_start: bool
) -> Weights:
    """The weights of the estimator with this name."""
    if estimator == "total_return":
        return total_return(tree, returns, baseline)
    return reward_to_go(tree, returns, baseline, from_the_start=from_the_start)


def reward_to_go(tree: GameTree, returns: Returns, baseline: Array, *, from_the_start: bool) -> Weights:
    r"""The weights δ^t (G_t - b).

    The vectors carried backward are h = E[H], of the steps from the node on, and c = Cov(G, H), with G the return from
    it. An edge with the weight w on average and the temporal-difference error d gives

    .. math:: h = \psi w + h', \quad c = \psi (d w + Var\,G) + d h' + \gamma c', \quad E[w H'] = w h' + \gamma c'

    with primes at the child, and the factors δ^t left out.

    Args:
        tree: the unrolled game.
        returns: of the policy.
        baseline: [I] b.
        from_the_start: whether δ is the discount; else it is 1.
    """
    step, visit = returns.step, returns.step * returns.reach[tree.edge_node]
    scale = returns.discount**returns.time if from_the_start else 1.0
    w = returns.edge_value - baseline[tree.node_infoset[tree.edge_node]]
    d = returns.td_error
    return Weights(
        mean=visit * scale * w,
        square=visit * scale**2 * (w**2 + returns.edge_variance),
        later=PairRecursion(
            own=(step * scale * w, step * scale * (d * w + returns.edge_variance)),
            carry={(0, 0): step, (1, 0): step * d, (1, 1): step * returns.discount},
            cross=(visit * scale * w, visit * scale * returns.discount),
        ),
    )


def total_return(tree: GameTree, returns: Returns, baseline: Array) -> Weights:
    r"""The weights G_0 - b.

    At a node G_0 - J = L + u, where L is its mean given the past, less J, and u is what the future adds, with mean 0.
    An edge moves L by d = γ^t (temporal-difference error). With b relative to J, too, let Ψ = Σ ψ and Φ = Σ b ψ over
    the steps from the node on. The vectors carried backward are

    .. math:: p = E[\Psi], \quad q = E[u \Psi], \quad f = E[u \Psi - \Phi], \quad g = E[u (u \Psi - \Phi)]

    and, with L taken after the edge and primes at the child,

    .. math:: E[(L + u' - b) \sum_{later} \psi_t w_t] = (L - b) L p' + L q' + (L - b) f' + g'

    in which L enters by its first two moments, carried forward. Scores need not have mean zero here.

    Args:
        tree: the unrolled game.
        returns: of the policy.
        baseline: [I] b.
    """
    step, node = returns.step, tree.edge_node
    b = baseline[tree.node_infoset[node]] - returns.expected_return
    gamma = returns.discount**returns.time
    d, variance = gamma * returns.td_error, gamma**2 * returns.edge_variance
    L = tree.start * (returns.value - returns.expected_return)
    LL = tree.start * (returns.value - returns.expected_return) ** 2
    visit = step * returns.reach[node]
    first = forward(tree, L, lambda L, e: step[e] * L[node[e]] + visit[e] * d[e])
    after = step * first[node] + visit * d
    second = forward(tree, LL, lambda LL, e: step[e] * (LL[node[e]] + 2 * d[e] * first[node[e]]) + visit[e] * d[e] ** 2)
    after_squared = step * (second[node] + 2 * d * first[node]) + visit * d**2
    return Weights(
        mean=after - b * visit,
        square=after_squared - 2 * b * after + (b**2 + variance) * visit,
        later=PairRecursion(
            own=(step, step * d, step * (d - b), step * (d * (d - b) + variance)),
            carry={
                (0, 0): step,
                (1, 0): step * d,
                (1, 1): step,
                (2, 0): step * d,
                (2, 2): step,
                (3, 0): step * d**2,
                (3, 1): step * d,
                (3, 2): step * d,
                (3, 3): step,
            },
            cross=(after_squared - b * after, after, after - b * visit, visit),
        ),
    )


def check_estimator(estimator: object, from_the_start: object) -> None:
    """Refuse an estimator that does not exist.

    Raises:
        InvalidArgument: for another name, or total returns that are not discounted from the start.
    """
    if estimator not in ("reward_to_go", "total_return"):
        raise invalid('"reward_to_go" or "total_return"', "estimator", estimator)
    if not isinstance(from_the_start, bool):
        raise invalid("True or False", "from_the_start", from_the_start)
    if estimator == "total_return" and not from_the_start:
        hint = "A total return is discounted from the start of the episode at every step."
        raise invalid("from_the_start=True for total returns", "from_the_start", from_the_start, hint)


def read_baseline(tree: GameTree, baseline: object) -> Array:
    """[I] a baseline for each information set, from one number or I of them.

    Raises:
        InvalidArgument: if it is neither, or not finite.
    """
    num_infosets = len(tree.observations)
    if isinstance(baseline, np.ndarray) and baseline.ndim:
        expected = f"{num_infosets} finite numbers, one for each information set"
        if baseline.shape != (num_infosets,):
            raise invalid(expected, "the shape of baseline", baseline.shape)
        if baseline.dtype.kind not in "fiu" or not np.isfinite(baseline).all():
            raise invalid(expected, "baseline", baseline)
        return baseline.astype(np.float64)
    return np.full(num_infosets, float(number(baseline, "baseline")))
