"""The baselines with which a score-function estimate has the smallest variance: exact, without enumerating episodes."""

from __future__ import annotations

from typing import Literal, TypeAlias, overload

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.variance.estimators import Estimator, check_estimator, weights_of
from gradcheck.tree.variance.moments import by_variable, meets_once, recursion_rows
from gradcheck.tree.variance.returns import Returns, normalised_probabilities, returns_of
from gradcheck.tree.variance.scores import Scores, TabularScores, read_scores
from gradcheck.tree.variance.step_pairs import PairRecursion, pair_sums

_NOISE = 2.0**-40  # of the largest squared score: what single precision leaves of a score that is 0

BaselineKind: TypeAlias = Literal["constant", "per_observation"]


@overload
def optimal_baseline(
    tree: GameTree,
    x: Array,
    *,
    kind: Literal["constant"] = "constant",
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
    scores: Array | None = None,
) -> float: ...


@overload
def optimal_baseline(
    tree: GameTree,
    x: Array,
    *,
    kind: Literal["per_observation"],
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
    scores: Array | None = None,
) -> Array: ...


def optimal_baseline(
    tree: GameTree,
    x: Array,
    *,
    kind: BaselineKind = "constant",
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
    scores: Array | None = None,
) -> float | Array:
    r"""Compute the baseline with which the estimate has the smallest total variance (the trace of its covariance).

    The form :math:`E[|\psi|^2 G] / E[|\psi|^2]` of the literature holds for a single step, and for tables of logits
    where no observation is met twice. In general steps share parameters, and their scores interact.

    Given the past, a score has mean zero, so that baselines leave the mean of the estimate H alone, and their terms
    :math:`B_i = \sum_t 1\{o_t = i\} \delta^t \psi_t` are uncorrelated. The total variance is therefore

    .. math:: s - 2 \sum_i b_i u_i + \sum_i b_i^2 m_i, \quad u_i = E[H_0 \cdot B_i], \quad m_i = E|B_i|^2

    with H_0 the estimate without baseline (and δ = 1 in B for total returns). It is smallest at b_i = u_i / m_i, or at
    the constant Σ u_i / Σ m_i.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
        kind: "constant" for one number, "per_observation" for [I] one for each information set.
        estimator: "reward_to_go" or "total_return".
        from_the_start: as for ``score_moments``.
        scores: as for ``score_moments``, with mean zero in each information set.

    Returns:
        The baseline; 0 where it has no effect: where an information set is never reached, or has one action only.

    Raises:
        InvalidArgument: if an argument is none of these, or the work is too much.

    >>> from gradcheck.tree.games.robot import robot, robot_policy
    >>> from gradcheck.tree.values.policy_table import action_probabilities
    >>> from gradcheck.tree.unroll import unroll
    >>> tree = unroll(robot())
    >>> x = action_probabilities(tree, robot_policy())
    >>> optimal_baseline(tree, x, kind="per_observation").round(6).tolist()
    [6.844, -5.68, 8.0]

    Reference:
        Greensmith, Bartlett & Baxter (2004), *Variance reduction techniques for gradient estimates in reinforcement
        learning*.
    """
    check_estimator(estimator, from_the_start)
    if kind not in ("constant", "per_observation"):
        raise invalid('"constant" or "per_observation"', "kind", kind)
    x = normalised_probabilities(tree, x)
    score_rows = read_scores(tree, x, scores)
    if not score_rows.mean_is_zero():
        hint = "Raw probabilities as parameters have none: there a baseline shifts the mean."
        raise invalid("scores with mean zero in each information set", "scores", scores, hint)
    with np.errstate(over="ignore", invalid="ignore"):
        slope, curvature = _quadratic(tree, returns_of(tree, x), score_rows, estimator, from_the_start)
    if not np.isfinite([slope, curvature]).all():
        hint = "Returns times squares of scores pass the largest float64: divide all rewards by one large number."
        raise invalid("a finite baseline", "the squared length of an estimate", float("inf"), hint)
    if kind == "constant":
        return float(slope.sum() / curvature.sum()) if curvature.any() else 0.0
    return np.divide(slope, curvature, out=np.zeros(len(curvature)), where=curvature > 0)


def _quadratic(
    tree: GameTree, returns: Returns, scores: Scores, estimator: Estimator, from_the_start: bool
) -> tuple[Array, Array]:
    """[I] u and m, for slope and curvature; both 0 where scores cannot be told from rounding.

    The mean of H_0 · ψ_t has three parts: ψ_t times itself, times later scores, and times earlier ones. Earlier scores
    are weighted with the return from step t on alone: what was gained before t does not depend on the action at t.
    """
    without = np.zeros(len(tree.observations))
    mean = weights_of(tree, returns, without, estimator=estimator, from_the_start=from_the_start).mean
    if estimator == "total_return":
        first, second, fade = np.ones(tree.num_edges), returns.discount**returns.time, 1.0
    else:
        first = returns.discount ** (returns.time * from_the_start)
        second, fade = first, returns.discount
    step, visit = returns.step, returns.step * returns.reach[tree.edge_node]
    gain = step * second * returns.edge_value
    norms = scores.square_norms()
    curvature = by_variable(tree, visit * first**2) * norms
    slope = by_variable(tree, mean * first) * norms
    if not (isinstance(scores, TabularScores) and meets_once(tree)):  # else different steps share no parameter
        later = PairRecursion(own=(gain,), carry={(0, 0): step}, cross=(visit * first,))
        earlier = PairRecursion(own=(visit * first * fade,), carry={(0, 0): step * fade}, cross=(gain,))
        rows = recursion_rows(tree, later, scores, covariance=False)
        pairs = pair_sums(tree, later, rows) + pair_sums(tree, earlier, rows, forward=True)
        slope += scores.products(scores.push(pairs) if rows is None else pairs)
    infoset = np.nonzero(tree.legal_actions)[0]
    visits = by_variable(tree, visit * first**2)
    slope, curvature, visits = (np.bincount(infoset, values) for values in (slope, curvature, visits))
    above_noise = curvature > _NOISE * visits * norms.max()
    return np.where(above_noise, slope, 0.0), np.where(above_noise, curvature, 0.0)
