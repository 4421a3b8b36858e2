"""The log-probability loss."""

from __future__ import annotations

from torch import Tensor

from estimators.averages import Average, over_episodes
from estimators.distributions import Policy, action_log_probs
from estimators.episodes import Episodes
from estimators.weights import Weights, future_returns


def log_prob(
    policy: Policy, episodes: Episodes, *, weights: Weights = future_returns, average: Average = over_episodes
) -> Tensor:
    r"""Reference: Williams (1992), *Simple statistical gradient-following algorithms*, theorem 1 (REINFORCE).

    .. math:: loss = - \frac1N \sum_t \log \pi(a_t | o_t) \cdot f_t

    with f the future returns. The gradient of minus this loss is an unbiased estimate of the gradient of the expected
    undiscounted return.

    Args:
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.
        episodes: a batch of complete episodes, sampled from the policy.
        weights: what stands for f: ``future_returns`` or ``normalised``.
        average: ``over_episodes`` or ``over_steps``.

    Returns:
        A scalar to minimise.
    """
    return -average(action_log_probs(policy, episodes) * weights(episodes), episodes)
