"""Losses for episodes of another policy, as they are published: weights of tokens, of sequences, clipped and not."""

from __future__ import annotations

import torch
from torch.distributions import Categorical


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def log_ratios(policy, e):
    return log_probs(policy, e) - e.log_probs


def by_episode(values, e):
    return torch.zeros(e.num_episodes, dtype=values.dtype).index_add(0, e.episode_index, values)


def totals(e):
    return by_episode(e.discount ** e.time_steps.double() * e.rewards, e)


def whole_episode(policy, e):
    """Right: the ratio of the episode, times its return."""
    return -(by_episode(log_ratios(policy, e), e).exp() * totals(e)).mean()


def per_decision(policy, e):
    """Right: each reward with the ratios up to it."""
    loss = torch.zeros((), dtype=torch.float64)
    for i in range(e.num_episodes):
        mine = e.episode_index == i
        factors = e.discount ** e.time_steps[mine].double()
        loss = loss - (log_ratios(policy, e)[mine].cumsum(0).exp() * factors * e.rewards[mine]).sum()
    return loss / e.num_episodes


def token_level(policy, e):
    """PPO and GRPO without their clip."""
    factors = e.discount ** e.time_steps.double()
    return -(log_ratios(policy, e).exp() * factors * e.future_returns).sum() / e.num_episodes


def detached_token_level(policy, e):
    """A weight beside the log-probability."""
    weights = log_ratios(policy, e).detach().exp() * e.discount ** e.time_steps.double()
    return -(weights * log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def ppo(policy, e):
    """Schulman et al. 2017."""
    ratio = log_ratios(policy, e).exp()
    return -torch.min(ratio * e.future_returns, ratio.clamp(0.8, 1.2) * e.future_returns).sum() / e.num_episodes


def cispo(policy, e):
    """MiniMax 2025: a clipped weight of each token, detached."""
    weights = log_ratios(policy, e).detach().exp().clamp(max=1.28)
    return -(weights * log_probs(policy, e) * totals(e)[e.episode_index]).sum() / e.num_episodes


def gspo(policy, e):
    """Zheng et al. 2025: the geometric mean of the ratios of a sequence."""
    return -((by_episode(log_ratios(policy, e), e) / e.lengths).exp() * totals(e)).mean()


def topr(policy, e):
    """Le Roux et al. 2025: no weight for good sequences, one truncated at 1 for bad ones."""
    returns = totals(e)
    weights = by_episode(log_ratios(policy, e), e).detach().exp().clamp(max=1.0)
    weights = torch.where(returns > 0, torch.ones_like(weights), weights)
    return -(weights * returns * by_episode(log_probs(policy, e), e)).mean()


def without_weights(policy, e):
    """As if the policy had sampled."""
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def without_the_first_step(policy, e):
    """Two players in turn: the second one's weight lacks the factor that the first one's move brings to it."""
    second = (e.time_steps > 0).double()
    weights = by_episode(log_ratios(policy, e) * second, e).detach().exp()[e.episode_index]
    first = log_ratios(policy, e).detach().exp() * (1 - second)
    return -((first + second * weights) * log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def self_normalised(weigh):
    """Weights of steps or of episodes, divided by their mean in the batch."""

    def loss(policy, e):
        if weigh == "steps":
            weights = log_ratios(policy, e).detach().exp()
            weights = weights / weights.mean()
        else:
            each = by_episode(log_ratios(policy, e), e).detach().exp()
            weights = (each / each.mean())[e.episode_index]
        return -(weights * log_probs(policy, e) * e.future_returns).sum() / e.num_episodes

    return loss


RIGHT = (whole_episode, per_decision)
WRONG = (
    token_level,
    detached_token_level,
    ppo,
    cispo,
    gspo,
    topr,
    without_weights,
    without_the_first_step,
)
