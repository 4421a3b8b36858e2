"""Wrong averages, shapes and masks: lengths that weigh, padding that counts, products of the wrong pairs."""

from __future__ import annotations

import torch
from torch.distributions import Categorical
from torch.nn.functional import log_softmax

from tests.check.corpus.case import wrong


def _padded_log_probs(policy, episodes):
    observations, mask = episodes.padded("observations")
    actions, _ = episodes.padded("actions")
    rows, width, features = observations.shape
    logits = policy(observations.reshape(rows * width, features)).reshape(rows, width, -1)
    return log_softmax(logits, -1).gather(-1, actions.unsqueeze(-1)).squeeze(-1), mask


@wrong("biased", cause="sequence_mean", bug_class="B40", citation="huggingface/trl PR#3138; verl-project/verl PR#2435")
def mean_over_each_sequence(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    per_sequence = (log_probs * returns * mask).sum(1) / mask.sum(1)
    return -per_sequence.mean()


@wrong("biased", cause="sequence_mean", bug_class="B46", citation="pytorch/examples#385, reverted by PR#971")
def each_episode_averaged_over_its_own_steps(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    losses = []
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        losses.append((-log_probs[mine] * episodes.future_returns[mine]).mean())
    return torch.stack(losses).mean()


@wrong("consistent", cause="token_mean", bug_class="B41", citation="verl-project/verl#2776; huggingface/trl PR#3231")
def mean_over_all_tokens(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    return -(log_probs * returns * mask).sum() / mask.sum()


@wrong(
    "biased",
    cause="token_mean",
    synonyms=("micro_batch_token_mean",),
    bug_class="B42",
    citation="verl-project/verl#5625, #7321",
    conditions="micro_batches",
    batch=3,
)
def token_mean_of_each_micro_batch(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    return -(log_probs * returns)[mask].mean()


@wrong(
    "proportional",
    bug_class="B43",
    citation="verl-project/verl#3741; huggingface/trl#5619",
    conditions="micro_batches",
)
def sum_without_the_divisor_of_accumulation(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum()


@wrong("consistent", cause="micro_batch_token_mean", bug_class="B44", citation="PKU-Alignment/safe-rlhf#153", batch=3)
def average_of_two_ranks_token_means(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    terms = log_probs * episodes.future_returns
    first_rank = episodes.episode_index < episodes.num_episodes // 2
    return -(terms[first_rank].mean() + terms[~first_rank].mean()) / 2


@wrong(
    "biased",
    cause="normalised",
    bug_class="B44",
    citation="PrimeIntellect-ai/prime-rl PR#1957",
    conditions="micro_batches",
    batch=3,
)
def advantages_normalised_on_each_rank(policy, episodes):
    returns = episodes.future_returns
    advantages = (returns - returns.mean()) / (returns.std(unbiased=False) + 1e-8)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("biased", cause="broadcast", bug_class="B47", citation="allenai/allenact PR#226; pytorch/rl PR#2756")
def a_column_times_a_row(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs.unsqueeze(1) * episodes.future_returns).mean()


@wrong("biased", cause="broadcast_with_centred_advantages", bug_class="B47", citation="thu-ml/tianshou#40")
def a_column_times_a_centred_row(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    advantages = episodes.future_returns - episodes.future_returns.mean()
    return -(log_probs.reshape(-1, 1) * advantages.reshape(1, -1)).mean()


@wrong(
    "proportional",
    cause="broadcast_over_episodes",
    synonyms=("first_episode_only", "returns_indexed_by_time"),  # each of them is the right one divided by N
    bug_class="B47",
    citation="JuliaReinforcementLearning/ReinforcementLearningZoo.jl PR#169",
    batch=3,
)
def a_column_of_episodes_times_a_row_of_returns(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    rewards, _ = episodes.padded("rewards")
    return -((log_probs * mask).sum(1, keepdim=True) * rewards.sum(1)).mean()


@wrong("consistent", cause="padded_mean", bug_class="B50", citation="OpenRLHF/OpenRLHF PR#1240")
def mean_over_the_padded_rectangle(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    return -(log_probs * returns * mask).mean()


@wrong("biased", cause="last_step_repeated", bug_class="B50", citation="verl-project/verl#3805")
def padded_with_the_last_step_and_not_masked(policy, episodes):
    loss = 0.0
    longest = int(episodes.lengths.max())
    for i in range(episodes.num_episodes):
        index = (episodes.episode_index == i).nonzero().squeeze(-1)
        index = torch.cat([index, index[-1:].expand(longest - len(index))])
        log_probs = Categorical(logits=policy(episodes.observations[index])).log_prob(episodes.actions[index])
        loss = loss - (log_probs * episodes.future_returns[index]).sum()
    return loss / episodes.num_episodes


@wrong("biased", cause="first_step_dropped", bug_class="B50", citation="verl-project/verl#3805")
def mask_shifted_by_one(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    return -(log_probs[:, 1:] * returns[:, 1:] * mask[:, 1:]).sum() / episodes.num_episodes


@wrong("biased", cause="last_step_dropped", bug_class="B50", citation="verl-project/verl#3805")
def slice_that_ends_before_the_last_step(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    return -(log_probs[:, :-1] * returns[:, :-1] * mask[:, 1:]).sum() / episodes.num_episodes


@wrong("biased", cause="long_episodes_dropped", bug_class="B21", citation="huggingface/trl PR#3248, PR#4976")
def overlong_episodes_masked_out(policy, episodes):
    log_probs, mask = _padded_log_probs(policy, episodes)
    returns, _ = episodes.padded("future_returns")
    finished = (mask.sum(1) <= 2).double()
    return -((log_probs * returns * mask).sum(1) * finished).sum() / episodes.num_episodes


@wrong("biased", cause="first_finished_only", bug_class="B19", citation="HumanCompatibleAI/imitation PR#183")
def the_episode_that_finishes_first(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    first = episodes.episode_index == episodes.lengths.argmin()
    return -(log_probs * episodes.future_returns)[first].sum()


@wrong("biased", cause="first_step_only", bug_class="B48", citation="pytorch/rl PR#2791")
def only_the_first_action_is_scored(policy, episodes):
    first = episodes.time_steps == 0
    log_probs = Categorical(logits=policy(episodes.observations[first])).log_prob(episodes.actions[first])
    return -(log_probs * episodes.future_returns[first]).mean()


@wrong("biased", cause="last_step_only", bug_class="B48", citation="pytorch/rl PR#2791")
def only_the_last_action_is_scored(policy, episodes):
    last = episodes.dones
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    log_probs = Categorical(logits=policy(episodes.observations[last])).log_prob(episodes.actions[last])
    return -(log_probs * totals).mean()


@wrong("consistent", citation="Pascanu et al. 2013, clipping by the norm")
def gradient_clipped_on_each_batch(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = -(log_probs * episodes.future_returns).sum() / episodes.num_episodes
    loss.backward()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), 0.5)


@wrong("biased", citation="two passes over one batch, without ratios", learning_rate=0.1)
def two_steps_on_one_batch(policy, episodes):
    optimiser = torch.optim.SGD(policy.parameters(), lr=0.1)
    for _ in range(2):
        log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
        loss = -(log_probs * episodes.future_returns).sum() / episodes.num_episodes
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
