"""Wrong terms: entropy and KL with the wrong sign, the wrong gradient or none, and what else is added to losses."""

from __future__ import annotations

import math

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import wrong
from tests.check.corpus.objectives import BETA, return_and_entropy, return_and_kl


@wrong(
    "biased",
    cause="entropy_penalty",
    bug_class="B88",
    citation="google-deepmind/open_spiel#962; rlworkgroup/garage#628",
)
def entropy_added_to_a_loss(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    policy_loss = -(dist.log_prob(episodes.actions) * episodes.future_returns).sum()
    return (policy_loss + 0.01 * dist.entropy().sum()) / episodes.num_episodes


@wrong("biased", cause="entropy_bonus", bug_class="B88", citation="Mnih et al. 2016: not the gradient of the return")
def entropy_bonus_on_top_of_the_return(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    policy_loss = -(dist.log_prob(episodes.actions) * episodes.future_returns).sum()
    return (policy_loss - 0.01 * dist.entropy().sum()) / episodes.num_episodes


@wrong("biased", bug_class="B88", citation="google-deepmind/open_spiel#962", objective=return_and_entropy)
def entropy_of_the_objective_with_the_wrong_sign(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    entropies = dist.entropy().detach()
    later = torch.stack(
        [entropies[t:][episodes.episode_index[t:] == i].sum() for t, i in enumerate(episodes.episode_index)]
    )
    policy_loss = -(dist.log_prob(episodes.actions) * (episodes.future_returns - BETA * later)).sum()
    return (policy_loss + BETA * dist.entropy().sum()) / episodes.num_episodes


@wrong("biased", bug_class="B89", citation="huggingface/trl PR#6140, PR#5595", objective=return_and_entropy)
def entropy_without_a_gradient(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    with torch.no_grad():
        entropy = dist.entropy().sum()
    policy_loss = -(dist.log_prob(episodes.actions) * episodes.future_returns).sum()
    return (policy_loss - BETA * entropy) / episodes.num_episodes


@wrong("biased", bug_class="B90", citation="DLR-RM/stable-baselines3#1857", objective=return_and_entropy)
def entropy_from_the_sampled_actions(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    entropy = -log_probs
    return -(log_probs * episodes.future_returns + BETA * entropy).sum() / episodes.num_episodes


@wrong("biased", bug_class="B84", citation="Tang & Munos 2025", objective=return_and_entropy)
def entropy_of_each_step_alone(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    policy_loss = -(dist.log_prob(episodes.actions) * episodes.future_returns).sum()
    return (policy_loss - BETA * dist.entropy().sum()) / episodes.num_episodes


@wrong(
    "biased", bug_class="B81", citation="allenai/open-instruct#534; OpenRLHF/OpenRLHF PR#1309", objective=return_and_kl
)
def k1_as_a_loss(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    log_ratio = log_probs - math.log(1 / logits.shape[-1])
    return (BETA * log_ratio - log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", bug_class="B82", citation="huggingface/trl PR#4638, PR#6503", objective=return_and_kl)
def k3_as_a_loss_for_the_reverse_kl(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    difference = math.log(1 / logits.shape[-1]) - log_probs
    kl = difference.exp() - difference - 1
    return (BETA * kl - log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="kl_k3", bug_class="B82", citation="huggingface/trl PR#4638; verl-project/verl PR#2953")
def k3_beside_the_return(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    difference = math.log(1 / logits.shape[-1]) - log_probs
    kl = torch.exp(difference) - difference - 1
    return (0.04 * kl - log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="kl_k2",
    synonyms=("entropy_bonus",),  # the expected gradient of k2 is that of the divergence, here from uniform
    bug_class="B82",
    citation="verl-project/verl PR#2953",
)
def k2_beside_the_return(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    kl = 0.5 * (log_probs + math.log(logits.shape[-1])) ** 2
    return (0.04 * kl - log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="kl_full",
    synonyms=("entropy_bonus",),  # the divergence from uniform is a constant minus the entropy
    bug_class="B84",
    citation="Tang & Munos 2025",
)
def exact_kl_of_each_step_beside_the_return(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    kl = (dist.probs * (dist.logits + math.log(dist.logits.shape[-1]))).sum(-1)
    return (0.1 * kl - dist.log_prob(episodes.actions) * episodes.future_returns).sum() / episodes.num_episodes


def _with_penalty_in_the_reward(policy, episodes, penalty_of):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    log_ratio = (log_probs + math.log(logits.shape[-1])).detach()
    rewards = episodes.rewards - BETA * penalty_of(log_ratio)
    returns, running = torch.zeros_like(rewards), torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(rewards))):
        running = rewards[t] + (0.0 if episodes.dones[t] else running)
        returns[t] = running
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong("biased", bug_class="B83", citation="allenai/open-instruct#534", objective=return_and_kl)
def k3_in_the_reward(policy, episodes):
    return _with_penalty_in_the_reward(policy, episodes, lambda ratio: torch.exp(-ratio) + ratio - 1)


@wrong("biased", bug_class="B83", citation="allenai/open-instruct#534", objective=return_and_kl)
def k2_in_the_reward(policy, episodes):
    return _with_penalty_in_the_reward(policy, episodes, lambda ratio: 0.5 * ratio**2)


@wrong("biased", bug_class="B86", citation="qiancheng0/ToolRL#52", objective=return_and_kl)
def k1_in_the_reward_with_the_wrong_sign(policy, episodes):
    return _with_penalty_in_the_reward(policy, episodes, lambda ratio: -ratio)


@wrong(
    "biased",
    cause="kl_reward",
    synonyms=("entropy_penalty",),  # the divergence from uniform is a constant minus the entropy
    bug_class="B86",
    citation="PKU-Alignment/safe-rlhf PR#173",
)
def kl_taken_off_the_loss(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    kl = (dist.probs * (dist.logits + math.log(dist.logits.shape[-1]))).sum(-1)
    return (-0.1 * kl - dist.log_prob(episodes.actions) * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="weight_decay", citation="Loshchilov & Hutter 2019: not the gradient of the return")
def squared_weights_in_the_loss(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    decay = sum(parameter.pow(2).sum() for parameter in policy.parameters())
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes + 0.01 * decay
