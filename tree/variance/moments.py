"""Tree + action probabilities → the exact mean and covariance of one episode's score-function gradient estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import number
from gradcheck.tree.types import Array, NumberLike
from gradcheck.tree.validation.arguments import whole_number
from gradcheck.tree.variance.estimators import Estimator, Weights, check_estimator, read_baseline, weights_of
from gradcheck.tree.variance.returns import normalised_probabilities, returns_of
from gradcheck.tree.variance.scores import DenseScores, Scores, TabularScores, read_scores
from gradcheck.tree.variance.step_pairs import PairRecursion, pair_sums

_MAX_OPERATIONS = 2 * 10**10  # multiplications: a minute or three on one core
_MAX_NUMBERS = 2**28  # 2 GiB in float64


@final
@dataclass(frozen=True, eq=False)
class Moments:
    """The first two moments of one episode's estimate of a gradient; an average over N episodes has the variance / N.

    The variance is E[H²] - E[H]², or 0 where rounding makes that negative. In an episode of T steps, each of T² pairs
    of steps goes through a few dozen roundings of 2**-53. So its error is at most about T² 2**-47 times the largest
    ψ² (|return| + |baseline|)², and far smaller in practice.

    Attributes:
        mean: [P].
        variance: [P] of each coordinate.
        covariance: [P, P]; None where it was not asked for.
    """

    mean: Array
    variance: Array
    covariance: Array | None

    @property
    def total_variance(self) -> float:
        """The trace of the covariance: the mean squared distance of the estimate from its mean."""
        return float(self.variance.sum())

    def standard_error(self, num_episodes: int) -> Array:
        """[P] the standard deviation of an average over so many independent episodes.

        Raises:
            InvalidArgument: if it is not a whole number, 1 or more.
        """
        return np.sqrt(self.variance / whole_number(num_episodes, "num_episodes"))

    def episodes_needed(self, precision: NumberLike, *, relative: bool = False) -> int:
        """The smallest number of independent episodes whose average has this precision.

        Args:
            precision: the largest standard error of a coordinate. If relative, the root of the mean squared distance
                of the average from the mean, as a part of the mean's length: 0.1 for an error of a tenth of the
                gradient.
            relative: whether precision is relative.

        Raises:
            InvalidArgument: if it is not above 0, or relative to a mean of 0.
        """
        read = Fraction(number(precision, "precision"))
        if read <= 0:
            raise invalid("a precision above 0", "precision", precision)
        if not relative:
            return max(1, math.ceil(Fraction(float(self.variance.max())) / read**2))
        length = sum((Fraction(m) ** 2 for m in self.mean.tolist()), start=Fraction(0))
        if not length:
            raise invalid("a precision that is not relative", "relative", relative, "The mean is 0.")
        return max(1, math.ceil(Fraction(self.total_variance) / (read**2 * length)))


def score_moments(
    tree: GameTree,
    x: Array,
    *,
    estimator: Estimator = "reward_to_go",
    baseline: NumberLike | Array = 0,
    from_the_start: bool = True,
    scores: Array | None = None,
    covariance: bool = False,
) -> Moments:
    r"""Compute the moments of H = Σ_t δ^t ψ_t (G_t - b(o_t)), or of H = Σ_t ψ_t (G_0 - b(o_t)).

    The variance is not bounded but computed, by recursion over the levels of the tree:

    .. math:: E[H H^T] = \sum_{edges} \big( \psi\psi^T E[w^2] + \psi k^T + k \psi^T \big)

    where w is the weight of the edge's step, and k the average of w times the sum of all later steps. No episode is
    enumerated. It makes no difference whether histories are merged, nor how often one observation is met on the way.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
        estimator: "reward_to_go" or "total_return".
        baseline: b, a number, or [I] one for each information set.
        from_the_start: whether reward-to-go is discounted from the start of the episode, δ = γ, as the gradient of the
            discounted return is; else δ = 1. Total returns always are.
        scores: [V, P] the gradient of each variable's log-probability in the parameters. By default the parameters are
            a table of logits, one for each variable.
        covariance: whether to compute all of it, or the variances only. For a table of logits that is much cheaper
            where no observation can be met twice in an episode: E operations rather than E times V.

    Raises:
        InvalidArgument: if an argument is none of these, or the work is too much.

    >>> from gradcheck.tree.games.robot import robot, robot_policy
    >>> from gradcheck.tree.values.policy_table import action_probabilities
    >>> from gradcheck.tree.unroll import unroll
    >>> tree = unroll(robot())
    >>> moments = score_moments(tree, action_probabilities(tree, robot_policy()))
    >>> moments.mean.round(4).tolist()
    [-2.2092, 2.2092, -1.8144, 1.8144, -0.6048, 0.6048]
    >>> moments.variance.round(4).tolist()
    [12.6343, 12.6343, 8.6696, 8.6696, 4.4726, 4.4726]
    >>> moments.episodes_needed(0.01)
    126343

    Reference:
        Williams (1992), *Simple statistical gradient-following algorithms for connectionist reinforcement learning*,
        for the estimators; Greensmith, Bartlett & Baxter (2004), *Variance reduction techniques for gradient estimates
        in reinforcement learning*, for what their variance is made of.
    """
    check_estimator(estimator, from_the_start)
    x, b = normalised_probabilities(tree, x), read_baseline(tree, baseline)
    score_rows = read_scores(tree, x, scores)
    with np.errstate(over="ignore", invalid="ignore"):
        weights = weights_of(tree, returns_of(tree, x), b, estimator=estimator, from_the_start=from_the_start)
        moments = _moments(tree, weights, score_rows, covariance=covariance)
    if not np.isfinite(moments.variance).all():
        hint = "Squares of returns times scores pass the largest float64: divide all rewards by one large number."
        raise invalid("a finite variance", "the total variance", moments.total_variance, hint)
    return moments


def _moments(tree: GameTree, weights: Weights, scores: Scores, *, covariance: bool) -> Moments:
    mean = scores.pull(by_variable(tree, weights.mean))
    squares = by_variable(tree, weights.square)
    if not covariance and isinstance(scores, TabularScores) and meets_once(tree):
        second = scores.squares(squares)  # different steps share no parameter
        return Moments(mean, _not_negative(second - mean**2), None)
    products = _products(tree, weights.later, squares, scores, covariance=covariance)
    if not covariance:
        return Moments(mean, _not_negative(scores.columns(products) - mean**2), None)
    second = scores.pull(products)
    full = (second + second.T) / 2 - np.outer(mean, mean)
    np.fill_diagonal(full, _not_negative(full.diagonal()))
    return Moments(mean, full.diagonal().copy(), full)


def _products(tree: GameTree, later: PairRecursion, squares: Array, scores: Scores, *, covariance: bool) -> Array:
    """[V, P] X = W S + 2 K, so that E[H Hᵀ] is the symmetric part of Sᵀ X."""
    rows = recursion_rows(tree, later, scores, covariance=covariance)
    products = 2 * pair_sums(tree, later, rows)
    if rows is not None:
        return products + squares[:, None] * rows
    products[np.diag_indices_from(products)] += squares
    return scores.push(products)


def recursion_rows(tree: GameTree, recursion: PairRecursion, scores: Scores, *, covariance: bool) -> Array | None:
    """The vectors to run a recursion on: the scores; or None for unit vectors, where these are shorter.

    Raises:
        InvalidArgument: if that takes too long or too much memory.
    """
    V, P = len(tree.variables), scores.num_parameters
    width = min(V, P)
    operations = tree.num_edges * recursion.terms * width
    hint = f"The game has {tree.num_edges:,} edges and {V:,} variables, the policy {P:,} parameters."
    if operations > _MAX_OPERATIONS:
        raise invalid(f"at most {_MAX_OPERATIONS:,} multiplications", "their number", operations, hint)
    refuse_too_large(V * (2 * width + 3 * P) + (3 * P**2 if covariance else 0), hint)
    return scores.rows if isinstance(scores, DenseScores) and P < V else None


def refuse_too_large(numbers: int, hint: str) -> None:
    """Refuse to fill more memory than 2 GiB.

    Raises:
        InvalidArgument: if so many numbers do not fit.
    """
    if numbers > _MAX_NUMBERS:
        raise invalid(f"arrays of at most {8 * _MAX_NUMBERS:,} bytes", "the number of bytes", 8 * numbers, hint)


def by_variable(tree: GameTree, by_edge: Array) -> Array:
    """[V] the sum over the edges of each variable."""
    return np.bincount(tree.choice_variable[tree.edge_choice], by_edge, len(tree.variables))


def meets_once(tree: GameTree) -> bool:
    """Whether no episode meets an information set twice, because each of them lies in one level."""
    return len(np.unique(tree.node_infoset * len(tree.node_levels) + tree.node_time)) == len(tree.observations)


def _not_negative(variance: Array) -> Array:
    return np.maximum(variance, 0.0)
