"""The inverse-probability loss."""

from __future__ import annotations

from torch import Tensor

from gradcheck.estimators.averages import Average, over_episodes
from gradcheck.estimators.distributions import Policy, action_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.losses import surrogate_loss
from gradcheck.estimators.weights import Weights, future_returns


def inverse_prob(
    policy: Policy, episodes: Episodes, *, weights: Weights = future_returns, average: Average = over_episodes
) -> Tensor:
    r"""Compute the inverse-probability loss: ratios π / detach(π), with the gradient of ``log_prob`` on every batch.

    .. math:: loss = - \frac1N \sum_t \frac{\pi(a_t | o_t)}{detach(\pi(a_t | o_t))} \cdot f_t

    with f the future returns. Its value differs from the ``log_prob`` loss; its gradient is the same on every batch,
    because d log p = dp / p.

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
        Schulman, Heess, Weber & Abbeel (2015), *Gradient estimation using stochastic computation graphs*.
    """
    probs = action_probs(policy, episodes)
    return surrogate_loss(probs / probs.detach(), episodes, weights, average)
