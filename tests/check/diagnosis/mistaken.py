"""Losses as people write them, with mistakes in them, for the tests of what is named."""

import torch
from torch.distributions import Categorical

from gradcheck import check


def log_probs(policy, episodes, temperature=1.0):
    return Categorical(logits=policy(episodes.observations) / temperature).log_prob(episodes.actions)


def taken_probs(policy, episodes):
    return policy(episodes.observations).softmax(-1).gather(-1, episodes.actions[:, None]).squeeze(-1)


def sums(episodes, values, *, later):
    """[T] the sum of values of the same episode, from each step on or up to it."""
    number = torch.arange(len(values))
    same = episodes.episode_index == episodes.episode_index[:, None]
    side = (number >= number[:, None]) if later else (number <= number[:, None])
    return (same & side).to(values.dtype) @ values


def sequence_mean(terms, episodes):
    return (terms / episodes.lengths[episodes.episode_index]).sum() / episodes.num_episodes


def padded_mean(terms, episodes):
    return terms.sum() / (episodes.num_episodes * episodes.lengths.max())


def episode_mean(terms, episodes):
    return terms.sum() / episodes.num_episodes


def token_mean(terms, _):
    return terms.mean()


def reinforce(policy, episodes):
    return -episode_mean(log_probs(policy, episodes) * episodes.future_returns, episodes)


def group_advantages(episodes, epsilon):
    returns = torch.zeros(episodes.num_episodes, dtype=episodes.rewards.dtype)
    returns = returns.index_add(0, episodes.episode_index, episodes.rewards)
    spread = (returns - returns.mean()).square().sum() / max(episodes.num_episodes - 1, 1)
    return ((returns - returns.mean()) / (spread.sqrt() + epsilon))[episodes.episode_index]


def diagnosed(loss, **options):
    """The result of ``check``, without what has tests of its own."""
    return check(loss, counterexample=False, all_conditions=False, **options)


def names(result):
    return [finding.cause for finding in result.findings]
