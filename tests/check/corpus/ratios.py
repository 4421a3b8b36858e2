"""Wrong ratios and clips: most are right at the first update, and wrong once the parameters have moved."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import wrong

MOVED = {"conditions": ("moved_parameters",)}
STEPWISE = MOVED | {"reference": "stepwise"}


@wrong("biased", cause="clip_max", bug_class="B70", citation="yandexdataschool/Practical_RL#248", **MOVED)
def larger_of_the_two_terms(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    advantages = episodes.future_returns
    terms = torch.max(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    return -terms.sum() / episodes.num_episodes


@wrong("biased", cause="ppo_clip", bug_class="B71", citation="Schulman et al. 2017, as published", **MOVED)
def ppo_as_published(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    advantages = episodes.future_returns
    terms = torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    return -terms.sum() / episodes.num_episodes


@wrong("biased", cause="clip_without_min", bug_class="B71", citation="takuseno/ppo#3", **MOVED)
def ratio_clipped_before_the_advantage(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.clamp((log_probs - episodes.log_probs).exp(), 1 - 0.2, 1 + 0.2)
    return -(ratio * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="product_clamped", bug_class="B71", citation="alexis-jacq/Pytorch-DPPO#3", **MOVED)
def product_clipped_where_the_ratio_belongs(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    surrogate = (log_probs - episodes.log_probs).exp() * episodes.future_returns
    return -torch.min(surrogate, surrogate.clamp(0.8, 1.2)).sum() / episodes.num_episodes


@wrong(
    "biased", cause="dual_clip", synonyms=("ppo_clip",), bug_class="B71", citation="Ye et al. 2020, dual clip", **MOVED
)
def dual_clip(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio, advantages = torch.exp(log_probs - episodes.log_probs), episodes.future_returns
    clipped = torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    terms = torch.where(advantages < 0, torch.max(clipped, 3.0 * advantages), clipped)
    return -terms.sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="not_importance_weighted",
    bug_class="B72",
    citation="tensorforce/tensorforce#312; allenai/open-instruct PR#755",
    **MOVED,
)
def old_log_probs_recomputed(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - log_probs.detach())
    advantages = episodes.future_returns
    return -torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="not_importance_weighted",
    bug_class="B61",
    citation="SwarmRL/SwarmRL#121; TonghanWang/DOP#21",
    **MOVED,
)
def off_policy_episodes_without_weights(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="inverted_weights", bug_class="B73", citation="THUDM/slime PR#179", **MOVED)
def weight_of_the_wrong_policy(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weights = torch.exp(episodes.log_probs - log_probs.detach())
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="ratio_inverted", bug_class="B73", citation="THUDM/slime PR#179", **MOVED)
def ratio_upside_down(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(torch.exp(episodes.log_probs - log_probs) * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="ratio_constant",
    synonyms=("broadcast_with_centred_advantages",),  # both are zero on every batch, so no gradient tells them apart
    bug_class="B75",
    citation="thu-ml/tianshou#742",
)
def old_log_probs_with_their_graph(policy, episodes):
    old = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    new = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -((new - old).exp() * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="ratio_applied_twice", bug_class="B77", citation="SlopDotCash/asi PR#487", **MOVED)
def ratio_applied_twice(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    weighted = ratio.detach() * episodes.future_returns
    return -(ratio * weighted).sum() / episodes.num_episodes


@wrong("biased", cause="ratio_times_log_prob", bug_class="B77", citation="SlopDotCash/asi PR#487")
def ratio_with_a_gradient_beside_the_log_prob(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    return -(ratio * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="truncated_weights", bug_class="B78", citation="huggingface/trl PR#3867", **MOVED)
def importance_weights_truncated_at_one(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weights = torch.exp(log_probs.detach() - episodes.log_probs).clamp(max=1.0)
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="clipped_weights", bug_class="B78", citation="verl-project/verl PR#2953", **MOVED)
def importance_weights_clipped_on_both_sides(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weights = torch.exp(log_probs.detach() - episodes.log_probs).clamp(0.8, 1.2)
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased", cause="sequence_mean", bug_class="B40", citation="Zheng et al. 2025, sequence ratio as a geometric mean"
)
def geometric_mean_of_the_ratios(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    totals, sums = torch.zeros(2, episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    sums = sums.index_add(0, episodes.episode_index, log_probs - episodes.log_probs)
    ratio = (sums / episodes.lengths).exp()
    return -torch.min(ratio * totals, ratio.clamp(0.8, 1.2) * totals).mean()


@wrong("biased", cause="stepwise_surrogate", citation="Schulman et al. 2015, taken for the expected return", **MOVED)
def token_level_weights(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -((log_probs - episodes.log_probs).exp() * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="stepwise_surrogate", citation="IMPALA and its kin, without the product of ratios", **MOVED)
def detached_token_level_weights(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weights = torch.exp(log_probs.detach() - episodes.log_probs)
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="whole_episodes_weighted", citation="Precup et al. 2000, taken for PPO's surrogate", **STEPWISE)
def weights_of_whole_episodes_for_the_surrogate(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    logs = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    logs = logs.index_add(0, episodes.episode_index, log_probs.detach() - episodes.log_probs)
    weights = logs.exp()[episodes.episode_index]
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="ppo_clip", bug_class="B71", citation="Schulman et al. 2017, by its own surrogate", **STEPWISE)
def ppo_beside_its_surrogate(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    terms = torch.min(ratio * episodes.future_returns, ratio.clamp(0.8, 1.2) * episodes.future_returns)
    return -terms.sum() / episodes.num_episodes


@wrong("consistent", cause="self_normalised_weights", citation="weighted importance sampling, by step", **STEPWISE)
def self_normalised_token_level_weights(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    ratio = torch.exp(log_probs - episodes.log_probs)
    return -(ratio / ratio.detach().mean() * episodes.future_returns).sum() / episodes.num_episodes


@wrong("consistent", citation="Precup et al. 2000: weighted importance sampling", **MOVED)
def self_normalised_weights_of_whole_episodes(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    logs = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    weights = logs.index_add(0, episodes.episode_index, log_probs.detach() - episodes.log_probs).exp()
    weights = (weights / weights.mean())[episodes.episode_index]
    return -(weights * log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="immediate_reward", citation="immediate rewards beside token-level weights", **MOVED)
def token_level_weights_of_immediate_rewards(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -((log_probs - episodes.log_probs).exp() * episodes.rewards).sum() / episodes.num_episodes
