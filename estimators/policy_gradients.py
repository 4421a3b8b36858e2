"""Losses whose gradient estimates the policy gradient: minus an average of what is differentiated times weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from torch import Tensor

from gradcheck.estimators.averages import Average, over_episodes, over_steps
from gradcheck.estimators.distributions import Policy, action_log_probs, action_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights, future_returns, normalised
from gradcheck.tree.errors import invalid

#: ``loss(policy, episodes)``: a scalar to minimise.
Loss: TypeAlias = Callable[[Any, Episodes], Tensor]


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


def vanilla(policy: Policy, episodes: Episodes) -> Tensor:
    """Compute the practical policy-gradient loss: ``log_prob`` with normalised future returns, averaged over steps.

    Its updates have a steady size. The price: at a finite batch size the expected gradient does not in general point
    the same way as the true one. For undiscounted games.

    Args:
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.
        episodes: a batch of complete episodes, sampled from the policy.
    """
    return log_prob(policy, episodes, weights=normalised, average=over_steps)


def surrogate_loss(values: Tensor, episodes: Episodes, weights: Weights, average: Average) -> Tensor:
    """Minus the average of values · weights.

    Args:
        values: [T] what is differentiated at each step.
        episodes: the batch.
        weights: Episodes → [T].
        average: [T] and Episodes → scalar.

    Raises:
        InvalidArgument: if the weights are not one number for each step. ([T, 1] would be multiplied with [T] into
            [T, T], every step weighed with the returns of all others, without any complaint from torch.)
    """
    for name, function in {"weights": weights, "average": average}.items():
        if not callable(function):
            raise invalid(f"a function, such as estimators.{_EXAMPLES[name]}", name, function)
    factors = weights(episodes)
    if not isinstance(factors, Tensor):
        raise invalid("a tensor with one number for each step", "weights(episodes)", factors)
    if factors.shape != values.shape:
        hint = f"The batch has {len(values)} steps."
        raise invalid("one number for each step", "the shape of weights(episodes)", tuple(factors.shape), hint)
    return -average(values * factors, episodes)


_EXAMPLES = {"weights": "normalised", "average": "over_steps"}


def check_value(value: object) -> Tensor:
    """A loss's value, if it can be differentiated.

    Raises:
        InvalidArgument: if it is not a scalar tensor with a gradient.
    """
    name = "loss(policy, episodes)"
    if not isinstance(value, Tensor):
        raise invalid("a scalar tensor", name, value)
    if value.numel() != 1:
        hint = "Sum or average it; a shape such as [T, T] comes from [T, 1] times [T]."
        raise invalid("a scalar tensor", f"the shape of {name}", tuple(value.shape), hint)
    if not value.requires_grad:
        hint = "It does not depend on the policy's parameters: look for a .detach(), .item() or no_grad()."
        raise invalid("a scalar tensor with a gradient", name, value, hint)
    return value
