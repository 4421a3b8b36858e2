"""Losses as people write them, whose text is mutated: twelve, of which three are compared with brute force."""

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


def whole_return(policy, episodes):
    log_probs = policy(episodes.observations).log_softmax(-1)
    taken = log_probs.gather(1, episodes.actions[:, None]).squeeze(1)
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    return -(taken * totals[episodes.episode_index]).sum() / episodes.num_episodes


def minus_a_constant(policy, episodes):
    scores = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    advantages = episodes.future_returns - 1.5
    return -(scores * advantages).sum() / episodes.num_episodes


def discounted_from_the_start(policy, episodes):
    scores = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    factors = episodes.discount ** episodes.time_steps.double()
    return -(scores * factors * episodes.future_returns).sum() / episodes.num_episodes


def clipped_surrogate(policy, episodes):
    scores = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratios = (scores - episodes.log_probs).exp()
    clipped = ratios.clamp(1 - 0.2, 1 + 0.2)
    advantages = episodes.future_returns
    return -torch.minimum(ratios * advantages, clipped * advantages).sum() / episodes.num_episodes


def weights_up_to_each_reward(policy, episodes):
    scores = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    logs = scores - episodes.log_probs
    same = episodes.episode_index[:, None] == episodes.episode_index
    before = same & (episodes.time_steps[:, None] >= episodes.time_steps)
    weights = (before.double() @ logs).exp()
    return -(weights * episodes.rewards).sum() / episodes.num_episodes


def minus_the_groups_mean(policy, episodes):
    scores = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    same = (episodes.group_index[:, None] == episodes.group_index).double()
    means = same @ totals / same.sum(1)
    advantages = (totals - means)[episodes.episode_index]
    return -(scores * advantages).sum() / episodes.num_episodes


def actor_and_critic(policy, episodes):
    logits, values = policy(episodes.observations)
    scores = Categorical(logits=logits).log_prob(episodes.actions)
    advantages = episodes.future_returns - values.detach()
    errors = episodes.future_returns - values
    return (0.5 * errors.pow(2).sum() - (scores * advantages).sum()) / episodes.num_episodes


def probabilities_of_all_actions(policy, episodes):
    probs = policy(episodes.observations).softmax(-1)
    taken = torch.nn.functional.one_hot(episodes.actions, probs.shape[1])
    worth = taken * episodes.future_returns[:, None] / probs.detach()
    return -(probs * worth).sum() / episodes.num_episodes


def with_an_entropy_bonus(policy, episodes):
    choices = Categorical(logits=policy(episodes.observations))
    gained = choices.log_prob(episodes.actions) * episodes.future_returns
    return -(gained + 0.1 * choices.entropy()).sum() / episodes.num_episodes


#: Right on complete episodes.
REFERENCES = (returns_in_a_loop, padded_with_a_mask, leave_one_out)

#: Twelve losses with the condition that each is written for, and what it asks the policies to return.
WITH_CONDITIONS = (
    *((reference, "complete_episodes", "logits") for reference in REFERENCES),
    (whole_return, "complete_episodes", "logits"),
    (minus_a_constant, "complete_episodes", "logits"),
    (discounted_from_the_start, "discounted", "logits"),
    (clipped_surrogate, "moved_parameters", "logits"),
    (weights_up_to_each_reward, "moved_parameters", "logits"),
    (minus_the_groups_mean, "groups", "logits"),
    (actor_and_critic, "complete_episodes", "logits_and_value"),
    (probabilities_of_all_actions, "complete_episodes", "logits"),
    (with_an_entropy_bonus, "complete_episodes", "logits"),
)
