"""Wrong baselines and normalisers: what depends on the very action it is held against, or is over the wrong rows."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import wrong

GROUPS = {"conditions": ("groups",), "batch": (2, 2)}


@wrong("consistent", cause="step_mean_baseline", bug_class="B23", citation="openai/baselines#323, #544")
def mean_over_pooled_steps(policy, episodes):
    advantages = episodes.future_returns - episodes.future_returns.mean()
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("consistent", cause="normalised", bug_class="B25", citation="hill-a/stable-baselines#697", batch=3)
def advantages_normalised_over_the_batch(policy, episodes):
    returns = episodes.future_returns
    advantages = (returns - returns.mean()) / (returns.std() + 1e-8)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong(
    "consistent",
    cause="group_std",
    synonyms=("statistics_of_the_whole_batch",),  # where there is one start, the batch is one group
    bug_class="B25",
    citation="HorizonRobotics/alf PR#1642",
    batch=3,
)
def total_returns_standardised_over_the_batch(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    log_prob_sums, totals = [], []
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        log_prob_sums.append(log_probs[mine].sum())
        totals.append(episodes.rewards[mine].sum())
    totals = torch.stack(totals)
    advantages = (totals - totals.mean()) / (totals.std(unbiased=False) + 1e-6)
    return -(torch.stack(log_prob_sums) * advantages).mean()


@wrong("consistent", cause="divided_by_deviation", bug_class="B25", citation="hill-a/stable-baselines#697", batch=3)
def returns_divided_by_their_deviation(policy, episodes):
    returns = episodes.future_returns / (episodes.future_returns.std() + 1e-6)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong("refused", bug_class="B26", citation="DLR-RM/stable-baselines3#325, #440", batch=1)
def deviation_of_one_sample(policy, episodes):
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    advantages = (totals - totals.mean()) / (totals.std() + 1e-8)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@wrong("biased", cause="normalised_inside_episode", bug_class="B25", citation="HorizonRobotics/alf PR#1642")
def returns_whitened_inside_each_episode(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = 0.0
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        returns = episodes.future_returns[mine]
        returns = (returns - returns.mean()) / (returns.std(unbiased=False) + 1e-8)
        loss = loss - (log_probs[mine] * returns).sum()
    return loss / episodes.num_episodes


@wrong("biased", cause="centred_inside_episode", bug_class="B23", citation="openai/baselines#544")
def returns_centred_inside_each_episode(policy, episodes):
    returns, mask = episodes.padded("future_returns")
    means = returns.sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    observations, _ = episodes.padded("observations")
    actions, _ = episodes.padded("actions")
    log_probs = Categorical(logits=policy(observations.flatten(0, 1))).log_prob(actions.flatten()).view_as(returns)
    return -(log_probs * (returns - means) * mask).sum() / episodes.num_episodes


@wrong("biased", cause="normalised_per_time", bug_class="B25", citation="hill-a/stable-baselines#697", batch=3)
def returns_standardised_at_each_time_step(policy, episodes):
    returns, mask = episodes.padded("future_returns")
    alive = mask.sum(0).clamp(min=1)
    means = (returns * mask).sum(0) / alive
    deviations = (((returns - means) ** 2 * mask).sum(0) / alive).sqrt()
    advantages = ((returns - means) / (deviations + 1e-8))[episodes.episode_index, episodes.time_steps]
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("consistent", cause="time_mean_baseline", bug_class="B23", citation="openai/baselines#323", batch=3)
def mean_over_the_episodes_still_alive(policy, episodes):
    returns, mask = episodes.padded("future_returns")
    means = (returns * mask).sum(0) / mask.sum(0)
    advantages = episodes.future_returns - means[episodes.time_steps]
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("biased", cause="group_std", bug_class="B30", citation="sail-sg/understand-r1-zero#10", **GROUPS)
def grpo_advantages(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards).view(1 + int(episodes.group_index[-1]), -1)
    advantages = (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + 1e-4)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages.flatten()[episodes.episode_index]).sum() / episodes.num_episodes


@wrong(
    "consistent", cause="group_statistics_over_wrong_axis", bug_class="B29", citation="XU-YIJIE/grpo-flat#2", **GROUPS
)
def group_statistics_over_the_wrong_axis(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards).view(1 + int(episodes.group_index[-1]), -1)
    advantages = (rewards - rewards.mean(0)) / (rewards.std(0) + 1e-4)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages.flatten()[episodes.episode_index]).sum() / episodes.num_episodes


@wrong(
    "consistent",
    cause="statistics_of_the_whole_batch",
    bug_class="B29",
    citation="NVIDIA-NeMo/RL PR#3882",
    **GROUPS,
)
def one_group_over_all_prompts(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards)
    advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@wrong(
    "consistent",
    cause="statistics_of_the_first_group",
    bug_class="B29",
    citation="ServiceNow/PipelineRL PR#54",
    **GROUPS,
)
def statistics_of_the_first_group_for_all(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards)
    first = rewards[episodes.group_index == 0]
    advantages = (rewards - first.mean()) / (first.std() + 1e-4)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@wrong(
    "consistent",
    cause="statistics_of_other_group",
    synonyms=("statistics_of_the_first_group",),  # two of four episodes meet their own group's, here as there
    bug_class="B29",
    citation="radixark/miles PR#1325",
    **GROUPS,
)
def repeated_where_repeat_interleave_belongs(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards)
    groups = rewards.view(1 + int(episodes.group_index[-1]), -1)
    means, deviations = groups.mean(1).repeat(groups.shape[1]), groups.std(1).repeat(groups.shape[1])
    advantages = (rewards - means) / (deviations + 1e-4)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="group_step_mean_baseline",
    bug_class="B29",
    citation="fla-org/flash-linear-attention#1073",
    **GROUPS,
)
def group_mean_over_the_steps_of_the_group(policy, episodes):
    group = episodes.group_index[episodes.episode_index]
    sums = torch.zeros(1 + int(episodes.group_index[-1]), dtype=torch.float64)
    means = sums.index_add(0, group, episodes.future_returns) / sums.index_add(
        0, group, torch.ones(len(group)).double()
    )
    advantages = episodes.future_returns - means[group]
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("proportional", cause="equal_groups_dropped", bug_class="B33", citation="huggingface/trl PR#6365", **GROUPS)
def groups_without_variance_leave_the_denominator(policy, episodes):
    rewards = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    rewards = rewards.index_add(0, episodes.episode_index, episodes.rewards).view(1 + int(episodes.group_index[-1]), -1)
    size = rewards.shape[1]
    advantages = (rewards - rewards.mean(1, keepdim=True)) * size / (size - 1)
    kept = (rewards.std(1) > 0).repeat_interleave(size)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weighted = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    weighted = weighted.index_add(0, episodes.episode_index, log_probs * advantages.flatten()[episodes.episode_index])
    return -(weighted * kept).sum() / kept.sum().clamp(min=1)


@wrong("biased", cause="best_episode_for_all", bug_class="B35", citation="hiyouga/EasyR1#585", batch=3)
def the_best_return_is_given_to_all(policy, episodes):
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * totals.max()).sum() / episodes.num_episodes


@wrong("biased", cause="best_episode_only", bug_class="B35", citation="hiyouga/EasyR1#585", batch=3)
def only_the_best_episode_is_learned_from(policy, episodes):
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    best = episodes.episode_index == totals.argmax()
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * best * episodes.future_returns).sum()


@wrong("consistent", cause="max_baseline", bug_class="B36", citation="Tucker et al. 2018", batch=3)
def the_best_return_as_a_baseline(policy, episodes):
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    advantages = (totals - totals.max())[episodes.episode_index]
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="baseline_of_next_observation",
    bug_class="B36",
    citation="Tucker et al. 2018",
    policy="logits_and_value",
)
def value_of_the_next_state_as_a_baseline(policy, episodes):
    logits, _ = policy(episodes.observations)
    _, next_values = policy(episodes.next_observations)
    advantages = episodes.future_returns - next_values.detach()
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@wrong("biased", bug_class="B36", citation="Tucker et al. 2018", batch=3)
def mean_over_the_same_action_as_a_baseline(policy, episodes):
    same = episodes.actions[:, None] == episodes.actions[None, :]
    same = same & (episodes.time_steps[:, None] == episodes.time_steps[None, :])
    baseline = (same * episodes.future_returns).sum(1) / same.sum(1)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * (episodes.future_returns - baseline)).sum() / episodes.num_episodes


@wrong("biased", bug_class="B37", citation="keras-team/keras-io#194")
def undetached_value_from_the_logits(policy, episodes):
    logits = policy(episodes.observations)
    values = logits.logsumexp(-1)  # shares its parameters with the policy, and is not detached
    advantages = episodes.future_returns - values
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@wrong("biased", bug_class="B37", citation="Farama-Foundation/Gymnasium#1494")
def value_loss_reaches_the_policy(policy, episodes):
    logits = policy(episodes.observations)
    values = logits.logsumexp(-1)
    advantages = episodes.future_returns - values.detach()
    policy_loss = -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum()
    value_loss = 0.5 * (episodes.future_returns - values).pow(2).sum()
    return (policy_loss + value_loss) / episodes.num_episodes


@wrong("consistent", cause="scaled_by_largest_return", bug_class="B25", citation="HorizonRobotics/alf PR#1642")
def returns_divided_by_the_largest(policy, episodes):
    returns = episodes.future_returns / episodes.future_returns.abs().max()
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * returns).sum() / episodes.num_episodes
