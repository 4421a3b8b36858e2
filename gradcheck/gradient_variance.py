"""How much an estimated policy gradient scatters: its exact mean and variance, and the baselines that lessen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, final, overload

import numpy as np

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import number
from gradcheck.tree.types import Array, NumberLike, Observation
from gradcheck.tree.unroll import unroll
from gradcheck.tree.validation.outcomes import first_few
from gradcheck.tree.values.policy_table import PolicyTable, action_probabilities
from gradcheck.tree.variance.estimators import Estimator
from gradcheck.tree.variance.moments import Moments, refuse_too_large, score_moments
from gradcheck.tree.variance.optimal_baseline import BaselineKind
from gradcheck.tree.variance.optimal_baseline import optimal_baseline as by_infoset

if TYPE_CHECKING:
    from torch import nn

#: One number, or one for every observation.
Baseline: TypeAlias = "NumberLike | Mapping[Observation, NumberLike]"


@final
@dataclass(frozen=True, eq=False)
class GradientMoments:
    """The moments of one episode's estimate of the gradient in a policy's parameters.

    Attributes:
        flat: of all parameters, one after another; has the total variance, and the number of episodes needed.
        shapes: of each parameter by name, in that order.
    """

    flat: Moments
    shapes: Mapping[str, tuple[int, ...]] = field(repr=False)

    @property
    def mean(self) -> dict[str, Array]:
        """By parameter name: what the estimate is on average."""
        return self.by_name(self.flat.mean)

    @property
    def variance(self) -> dict[str, Array]:
        """By parameter name: the variance of each coordinate of one episode's estimate."""
        return self.by_name(self.flat.variance)

    def standard_error(self, num_episodes: int) -> dict[str, Array]:
        """By parameter name: the standard deviation of an average over so many independent episodes."""
        return self.by_name(self.flat.standard_error(num_episodes))

    def by_name(self, flat: Array) -> dict[str, Array]:
        """Cut numbers [P] into the parameters they belong to."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        parts = np.split(flat, ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}


def gradient_moments(
    game: Game | GameTree,
    policy: nn.Module | PolicyTable,
    *,
    estimator: Estimator = "reward_to_go",
    baseline: Baseline = 0,
    from_the_start: bool = True,
    covariance: bool = False,
) -> GradientMoments:
    r"""Compute the exact mean and variance of the gradient estimate of one episode, without sampling.

    The estimate is Σ_t δ^t ∇log π(a_t | o_t) (G_t - b(o_t)), with G_t the return from step t on, or with the return G_0
    of the whole episode in its place. Its mean is the gradient of the expected discounted return (unless
    ``from_the_start=False``); the average over N episodes has its variance / N. The moments come from a recursion over
    the game; no episode is enumerated.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: an ``nn.Module``, or a table ``{observation: probabilities}``, which stands for ``TabularPolicy(game,
            table)``: parameters are the logits [I, A].
        estimator: "reward_to_go" or "total_return".
        baseline: b, one number, or ``{observation: number}``.
        from_the_start: whether reward-to-go has the factor δ^t = γ^t; without it, δ = 1.
        covariance: whether to compute all of the covariance (``.flat.covariance``), or the variances only.

    Raises:
        InvalidArgument: if an argument is none of these, or the work is too much.

    >>> from gradcheck import games
    >>> moments = gradient_moments(games.robot(), games.robot_policy())
    >>> moments.mean["logits"].round(4).tolist()
    [[-2.2092, 2.2092], [-1.8144, 1.8144], [-0.6048, 0.6048]]

    Reference:
        Williams (1992), *Simple statistical gradient-following algorithms for connectionist reinforcement learning*,
        for the estimates.
    """
    tree = unroll(game)
    known = _scores_of(tree, policy)
    numbers = _read_baseline(tree, baseline)
    flat = score_moments(
        tree,
        known.x,
        estimator=estimator,
        baseline=numbers,
        from_the_start=from_the_start,
        scores=known.scores,
        covariance=covariance,
    )
    return GradientMoments(flat if known.scores is not None else _with_illegal(tree, flat), known.shapes)


@overload
def optimal_baseline(
    game: Game | GameTree,
    policy: nn.Module | PolicyTable,
    *,
    kind: Literal["constant"] = "constant",
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
) -> float: ...


@overload
def optimal_baseline(
    game: Game | GameTree,
    policy: nn.Module | PolicyTable,
    *,
    kind: Literal["per_observation"],
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
) -> dict[Observation, float]: ...


def optimal_baseline(
    game: Game | GameTree,
    policy: nn.Module | PolicyTable,
    *,
    kind: BaselineKind = "constant",
    estimator: Estimator = "reward_to_go",
    from_the_start: bool = True,
) -> float | dict[Observation, float]:
    """Compute the baseline with which the gradient estimate has the smallest total variance, exactly.

    In general it is not the mean return: each return is weighted with the squared length of its score, so that rare
    actions count most.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: an ``nn.Module``, or a table ``{observation: probabilities}``.
        kind: "constant" for one number, "per_observation" for ``{observation: number}``.
        estimator: "reward_to_go" or "total_return".
        from_the_start: as for ``gradient_moments``.

    Returns:
        A ``baseline`` for ``gradient_moments``; 0 where none has an effect.

    Raises:
        InvalidArgument: if an argument is none of these, or the work is too much.

    >>> from gradcheck import games
    >>> best = optimal_baseline(games.robot(), games.robot_policy(), kind="per_observation")
    >>> round(best[(2, 0)], 6)  # action 1, worth 10, is taken with probability 0.2, action 0, worth 0, with 0.8
    8.0

    Reference:
        Greensmith, Bartlett & Baxter (2004), *Variance reduction techniques for gradient estimates in reinforcement
        learning*.
    """
    tree = unroll(game)
    known = _scores_of(tree, policy)
    if kind != "per_observation":
        return by_infoset(
            tree, known.x, kind=kind, estimator=estimator, from_the_start=from_the_start, scores=known.scores
        )
    baselines = by_infoset(
        tree, known.x, kind=kind, estimator=estimator, from_the_start=from_the_start, scores=known.scores
    )
    return dict(zip(tree.observations, baselines.tolist(), strict=True))


@final
@dataclass(frozen=True, eq=False)
class _Scores:
    """A policy's probabilities x [V] and scores [V, P]; no scores where its parameters are a table of logits."""

    x: Array
    scores: Array | None
    shapes: Mapping[str, tuple[int, ...]]


def _scores_of(tree: GameTree, policy: object) -> _Scores:
    logits = {"logits": tree.legal_actions.shape}
    if isinstance(policy, Mapping):
        return _Scores(action_probabilities(tree, policy).astype(np.float64), None, logits)
    import torch

    from gradcheck.estimators.gradients import score_jacobian
    from gradcheck.estimators.policies import TabularPolicy
    from gradcheck.estimators.policy_tables import probability_table, x_of
    from gradcheck.tree.unrolling.observation_features import observation_features

    if not isinstance(policy, torch.nn.Module):
        raise invalid("an nn.Module or a table {observation: probabilities}", "policy", policy)
    features = torch.as_tensor(observation_features(tree))
    same_order = isinstance(policy, TabularPolicy) and torch.equal(policy.lookup.features.cpu(), features)
    if same_order and policy.logits.requires_grad:
        return _Scores(x_of(probability_table(policy, tree), tree), None, logits)
    jacobian = score_jacobian(policy, tree)
    return _Scores(jacobian.x, jacobian.scores, jacobian.shapes)


def _with_illegal(tree: GameTree, moments: Moments) -> Moments:
    """From one coordinate for each variable [V] to one for each logit [I · A]: 0 where the action is illegal."""
    legal = np.flatnonzero(tree.legal_actions)
    size = tree.legal_actions.size
    if len(legal) == size:
        return moments
    mean, variance = np.zeros(size), np.zeros(size)
    mean[legal], variance[legal] = moments.mean, moments.variance
    if moments.covariance is None:
        return Moments(mean, variance, None)
    refuse_too_large(size**2, f"The table has {size:,} logits. Leave the covariance out.")
    covariance = np.zeros((size, size))
    covariance[np.ix_(legal, legal)] = moments.covariance
    return Moments(mean, variance, covariance)


def _read_baseline(tree: GameTree, baseline: object) -> NumberLike | Array:
    if not isinstance(baseline, Mapping):
        return number(baseline, "baseline")
    known = set(tree.observations)
    for observation in baseline:
        if observation not in known:
            hint = f"The game shows {first_few(tree.observations)}."
            raise invalid("an observation that the game can show", "an observation in baseline", observation, hint)
    for observation in tree.observations:
        if observation not in baseline:
            hint = f"The observation {shown(observation)} is missing."
            raise invalid("a number for every observation the game can show", "baseline", baseline, hint)
    return np.array([float(number(baseline[seen], f"baseline[{shown(seen)}]")) for seen in tree.observations])
