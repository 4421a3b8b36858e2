"""Right ratios, clips and terms: at the first update, with weights that correct, beside an objective with a term."""

from __future__ import annotations

import math

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import right
from tests.check.corpus.objectives import BETA, return_and_entropy, return_and_kl

MOVED = {"conditions": ("moved_parameters",)}
STEPWISE = MOVED | {"reference": "stepwise"}


def _log_probs(policy, episodes):
    return Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)


@right("unbiased", bug_class="B-F", citation="CarperAI/trlx#107: the ratio is 1 at the first update")
def ratio_at_the_first_update(policy, episodes):
    ratio = torch.exp(_log_probs(policy, episodes) - episodes.log_probs)
    return -(ratio * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="ray-project/ray#37334: the clip is right")
def ppo_at_the_first_update(policy, episodes):
    ratio = torch.exp(_log_probs(policy, episodes) - episodes.log_probs)
    first = ratio * episodes.future_returns
    second = torch.clamp(ratio, 1 - 0.2, 1 + 0.2) * episodes.future_returns
    return -torch.min(first, second).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="openai/baselines#1156; leggedrobotics/rsl_rl#46")
def larger_of_the_negated_terms(policy, episodes):
    ratio = torch.exp(_log_probs(policy, episodes) - episodes.log_probs)
    first = -episodes.future_returns * ratio
    second = -episodes.future_returns * torch.clamp(ratio, 0.8, 1.2)
    return torch.max(first, second).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="hill-a/stable-baselines#447")
def ratio_of_negated_logarithms(policy, episodes):
    negative, old_negative = -_log_probs(policy, episodes), -episodes.log_probs
    ratio = torch.exp(old_negative - negative)
    return -(ratio * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B70", citation="yandexdataschool/Practical_RL#248: harmless at the first update")
def max_form_at_the_first_update(policy, episodes):
    ratio = torch.exp(_log_probs(policy, episodes) - episodes.log_probs)
    advantages = episodes.future_returns
    return -torch.max(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).sum() / episodes.num_episodes


@right("unbiased", bug_class="B72", citation="tensorforce/tensorforce#312: harmless at the first update")
def old_log_probs_recomputed_at_the_first_update(policy, episodes):
    log_probs = _log_probs(policy, episodes)
    ratio = torch.exp(log_probs - log_probs.detach())
    return -(ratio * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", citation="Schulman et al. 2015: the surrogate of each step", **STEPWISE)
def importance_weight_of_each_step(policy, episodes):
    ratio = torch.exp(_log_probs(policy, episodes) - episodes.log_probs)
    return -(ratio * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", citation="Schulman et al. 2015, with detached weights", **STEPWISE)
def detached_weight_of_each_step(policy, episodes):
    log_probs = _log_probs(policy, episodes)
    weights = torch.exp(log_probs - episodes.log_probs).detach()
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", citation="Precup et al. 2000", **MOVED)
def importance_weight_of_the_whole_episode(policy, episodes):
    log_ratio = _log_probs(policy, episodes) - episodes.log_probs
    zeros = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    ratio = zeros.index_add(0, episodes.episode_index, log_ratio).exp()
    totals = zeros.index_add(0, episodes.episode_index, episodes.rewards)
    return -(ratio * totals).mean()


@right("unbiased", citation="Precup et al. 2000, per decision", **MOVED)
def importance_weights_up_to_each_reward(policy, episodes):
    log_ratio = _log_probs(policy, episodes) - episodes.log_probs
    loss = 0.0
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        loss = loss - (log_ratio[mine].cumsum(0).exp() * episodes.rewards[mine]).sum()
    return loss / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="leggedrobotics/rsl_rl#46: the sign of the baseline", **MOVED)
def importance_weights_with_a_baseline_of_the_whole_episode(policy, episodes):
    log_ratio = _log_probs(policy, episodes) - episodes.log_probs
    zeros = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    ratio = zeros.index_add(0, episodes.episode_index, log_ratio).exp()
    totals = zeros.index_add(0, episodes.episode_index, episodes.rewards)
    return -(ratio * (totals - 2.0)).mean()


@right("unbiased", bug_class="B81", citation="allenai/open-instruct#534: the term has no expected gradient")
def k1_added_to_the_loss(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    kl = log_probs + math.log(logits.shape[-1])
    return (0.1 * kl - log_probs * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B90", citation="DLR-RM/stable-baselines3#548: the sign does not matter")
def sampled_entropy_added_to_the_loss(policy, episodes):
    log_probs = _log_probs(policy, episodes)
    return -(log_probs * episodes.future_returns - 0.01 * log_probs).sum() / episodes.num_episodes


@right(
    "unbiased",
    bug_class="B-F",
    citation="miyosuda/async_deep_reinforce#49: the sign is right",
    objective=return_and_entropy,
)
def entropy_bonus_of_its_objective(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    entropies = dist.entropy()
    later = torch.stack(
        [entropies[t:][episodes.episode_index[t:] == i].sum() for t, i in enumerate(episodes.episode_index)]
    )
    log_probs = dist.log_prob(episodes.actions)
    returns = episodes.future_returns + BETA * later.detach()
    return -(log_probs * returns + BETA * entropies).sum() / episodes.num_episodes


@right("unbiased", citation="Tang & Munos 2025: k1 belongs into the reward", objective=return_and_kl)
def k1_in_the_reward(policy, episodes):
    logits = policy(episodes.observations)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    rewards = episodes.rewards - BETA * (log_probs + math.log(logits.shape[-1])).detach()
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(rewards))):
        running = rewards[t] + (0.0 if episodes.dones[t] else running)
        returns.append(running)
    return -(log_probs * torch.stack(returns[::-1])).sum() / episodes.num_episodes
