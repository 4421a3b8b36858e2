"""Wrong scores: the sign, the action, the distribution or its formula."""

from __future__ import annotations

import torch
from torch.distributions import Categorical
from torch.nn import functional

from tests.check.corpus.case import wrong


@wrong("biased", cause="sign", bug_class="B53", citation="fla-org/flash-linear-attention#1073, PR#1076")
def missing_minus(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return (log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="sign", bug_class="B53", citation="jvmncs/safe-grid-agents PR#28")
def negated_twice(policy, episodes):
    negative_log_likelihood = functional.cross_entropy(
        policy(episodes.observations), episodes.actions, reduction="none"
    )
    return -(negative_log_likelihood * episodes.future_returns).sum() / episodes.num_episodes


@wrong("refused", bug_class="B54", citation="Goekdeniz-Guelmez/mlx-lm-lora#50")
def log_probs_without_a_graph(policy, episodes):
    with torch.no_grad():
        log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("refused", bug_class="B54", citation="jsboige/CoursIA#3326")
def stored_log_probs_in_the_loss(policy, episodes):
    return -(episodes.log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="argmax_action", bug_class="B57", citation="thu-ml/tianshou#397")
def log_prob_of_the_likeliest_action(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    return -(dist.log_prob(dist.probs.argmax(-1)) * episodes.future_returns).sum() / episodes.num_episodes


@wrong("refused", bug_class="B57", citation="henrywoo/chatllama#7")
def log_prob_of_a_fresh_action(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    return -(dist.log_prob(dist.sample()) * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="action_of_next_step", bug_class="B57", citation="henrywoo/chatllama#7")
def actions_shifted_by_one(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    return -(dist.log_prob(episodes.actions.roll(-1)) * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="legal_mask_missing",
    bug_class="B60",
    citation="AgileRL/AgileRL PR#487",
    conditions="illegal_actions",
)
def mask_left_out_in_training(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="illegal_logits_zero",
    bug_class="B60",
    citation="AgileRL/AgileRL PR#487",
    conditions="illegal_actions",
)
def mask_multiplied_into_the_logits(policy, episodes):
    logits = policy(episodes.observations) * episodes.legal_actions
    return (
        -(Categorical(logits=logits).log_prob(episodes.actions) * episodes.future_returns).sum() / episodes.num_episodes
    )


@wrong(
    "biased",
    cause="legal_mask_missing",
    bug_class="B60",
    citation="AgileRL/AgileRL PR#487",
    conditions="illegal_actions",
)
def mask_multiplied_into_the_probabilities(policy, episodes):
    probs = policy(episodes.observations).softmax(-1) * episodes.legal_actions
    taken = probs.gather(-1, episodes.actions.unsqueeze(-1)).squeeze(-1)
    return -(taken.log() * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="epsilon_mixture", bug_class="B61", citation="tensorflow/agents#494")
def epsilon_greedy_scored_where_none_was_sampled(policy, episodes):
    probs = policy(episodes.observations).softmax(-1)
    probs = 0.9 * probs + 0.1 / probs.shape[-1]
    log_probs = probs.gather(-1, episodes.actions[:, None]).squeeze(-1).log()
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("refused", bug_class="B63", citation="huggingface/trl PR#3234")
def dropout_in_training(policy, episodes):
    logits = functional.dropout(policy(episodes.observations), 0.1)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="batch_normalised_logits", bug_class="B63", citation="joschu/modular_rl#26", batch=3)
def logits_normalised_over_the_batch(policy, episodes):
    logits = policy(episodes.observations)
    logits = (logits - logits.mean(0)) / (logits.std(0, unbiased=False) + 1e-5)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased", cause="observation_of_next_step", bug_class="B66", citation="OpenRLHF/OpenRLHF#217; huggingface/trl#469"
)
def observations_shifted_by_left_padding(policy, episodes):
    observations, mask = episodes.padded("observations")
    actions, _ = episodes.padded("actions")
    returns, _ = episodes.padded("future_returns")
    shifted = torch.cat([observations[:, 1:], torch.zeros_like(observations[:, :1])], dim=1)
    log_probs = policy(shifted.flatten(0, 1)).log_softmax(-1).gather(-1, actions.flatten()[:, None]).view_as(returns)
    return -(log_probs * returns * mask).sum() / episodes.num_episodes


@wrong("biased", cause="observation_of_previous_step", bug_class="B64", citation="instadeepai/Mava#1006")
def state_of_the_step_before(policy, episodes):
    before = episodes.observations.roll(1, 0) * (episodes.time_steps > 0).unsqueeze(-1)
    log_probs = Categorical(logits=policy(before)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="softmax_twice", bug_class="B68", citation="google-research/batch-ppo PR#13")
def softmax_of_a_softmax(policy, episodes):
    probs = policy(episodes.observations).softmax(-1)
    return (functional.cross_entropy(probs, episodes.actions, reduction="none") * episodes.future_returns).sum() / (
        episodes.num_episodes
    )


@wrong("biased", cause="probability_for_log_probability", bug_class="B68", citation="google-research/batch-ppo PR#13")
def probability_where_its_logarithm_belongs(policy, episodes):
    probs = policy(episodes.observations).softmax(-1).gather(-1, episodes.actions[:, None]).squeeze(-1)
    return -(probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="episode_probability_for_log_probability", bug_class="B68", citation="rlworkgroup/garage#628")
def probability_of_the_whole_episode(policy, episodes):
    probs = policy(episodes.observations).softmax(-1).gather(-1, episodes.actions[:, None]).squeeze(-1)
    loss = 0.0
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        loss = loss - probs[mine].prod() * episodes.rewards[mine].sum()
    return loss / episodes.num_episodes


@wrong("biased", cause="sigmoid_for_softmax", bug_class="B68", citation="google-research/batch-ppo PR#13")
def sigmoid_of_the_logit_taken(policy, episodes):
    taken = policy(episodes.observations).gather(-1, episodes.actions[:, None]).squeeze(-1)
    return -(functional.logsigmoid(taken) * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="logit_for_log_probability", bug_class="B68", citation="google-research/batch-ppo PR#13")
def logit_where_the_log_probability_belongs(policy, episodes):
    taken = policy(episodes.observations).gather(-1, episodes.actions[:, None]).squeeze(-1)
    return -(taken * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="softmax_over_steps", bug_class="B68", citation="google-research/batch-ppo PR#13")
def softmax_over_the_batch(policy, episodes):
    log_probs = functional.log_softmax(policy(episodes.observations), dim=0)
    taken = log_probs[torch.arange(len(episodes.actions)), episodes.actions]
    return -(taken * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="all_actions", bug_class="B48", citation="AI4Finance-Foundation/ElegantRL PR#273")
def log_probs_of_all_actions(policy, episodes):
    log_probs = policy(episodes.observations).log_softmax(-1).sum(-1)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="temperature", bug_class="B68", citation="huggingface/trl#744")
def temperature_in_training_alone(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations) / 0.7).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="probability_floor", bug_class="B68", citation="rlworkgroup/garage#628")
def logarithm_with_a_floor(policy, episodes):
    probs = policy(episodes.observations).softmax(-1).gather(-1, episodes.actions[:, None]).squeeze(-1)
    return -((probs + 0.01).log() * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="label_smoothing", bug_class="B68", citation="rlworkgroup/garage#628")
def cross_entropy_with_label_smoothing(policy, episodes):
    logits = policy(episodes.observations)
    losses = functional.cross_entropy(logits, episodes.actions, reduction="none", label_smoothing=0.1)
    return (losses * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="sigmoid_for_softmax", bug_class="B68", citation="rlworkgroup/garage#628")
def binary_cross_entropy_of_the_actions(policy, episodes):
    logits = policy(episodes.observations)
    targets = functional.one_hot(episodes.actions, logits.shape[-1]).double()
    losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(-1)
    return (losses * episodes.future_returns).sum() / episodes.num_episodes
