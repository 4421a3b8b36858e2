"""The log-probability loss."""

from __future__ import annotations

from torch import Tensor

from gradcheck.estimators.averages import Average, over_episodes
from gradcheck.estimators.distributions import Policy, action_log_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.losses import surrogate_loss
from gradcheck.estimators.weights import Weights, future_returns


def log_prob(
    policy: Policy, episodes: Episodes, *, weights: Weights = future_returns, average: Average = over_episodes
) -> Tensor:
    r"""Compute the REINFORCE loss: minus log-probabilities times future returns, summed over each episode.

    .. math:: loss = - \frac1N \sum_t \log \pi(a_t | o_t) \cdot f_t

    with f the future returns. In an undiscounted game the gradient of minus this loss is an unbiased estimate of the
    gradient of the expected return. In a discounted one f must be ``from_the_start(discount)``: without its factor
    γ^t the estimate is in general the gradient of no function.

    Args:
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.
        episodes: a batch of complete episodes, sampled from the policy.
        weights: what stands for f, a function of the episodes: ``future_returns``, ``normalised``, or, in a discounted
            game, ``from_the_start(discount)``.
        average: ``over_episodes`` or ``over_steps``.

    Raises:
        InvalidArgument: if the weights are not one number for each step.

    Returns:
        A scalar to minimise.

    Reference:
        Williams (1992), *Simple statistical gradient-following algorithms for connectionist reinforcement learning*,
        with the return of the whole episode; with future returns in its place, Sutton, McAllester, Singh & Mansour
        (2000), *Policy gradient methods for reinforcement learning with function approximation*, theorem 1.
    """
    return surrogate_loss(action_log_probs(policy, episodes), episodes, weights, average)
