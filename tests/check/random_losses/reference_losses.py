"""Right losses as people write them, whose text is mutated; every one estimates the gradient without bias."""

from __future__ import annotations

import torch
from torch.distributions import Categorical


def returns_in_a_loop(policy, episodes):
    log_probs = policy(episodes.observations).log_softmax(-1)
    taken = log_probs.gather(1, episodes.actions[:, None]).squeeze(1)
    returns = []
    later = 0.0
    for t in reversed(range(len(episodes.rewards))):
        later = episodes.rewards[t] + (1.0 - episodes.dones[t].double()) * later
        returns.insert(0, later)
    loss = -(taken * torch.stack(returns)).sum()
    return loss / episodes.num_episodes


def padded_with_a_mask(policy, episodes):
    rewards, mask = episodes.padded("rewards")
    actions, _ = episodes.padded("actions")
    seen, _ = episodes.padded("observations")
    logits = policy(seen)
    log_probs = logits.gather(2, actions[:, :, None]).squeeze(2) - logits.logsumexp(2)
    returns = rewards.flip(1).cumsum(1).flip(1)
    return -(log_probs * returns * mask).sum(1).mean()


def leave_one_out(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - log_probs.detach())
    numbers = torch.arange(episodes.num_episodes)
    others = (numbers[:, None] != numbers).double() / (episodes.num_episodes - 1)
    totals = (episodes.rewards * (episodes.episode_index == numbers[:, None])).sum(1)
    advantages = totals - others @ totals
    return -(ratio * advantages[episodes.episode_index]).sum() / episodes.num_episodes


REFERENCES = (returns_in_a_loop, padded_with_a_mask, leave_one_out)
