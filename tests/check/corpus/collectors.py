"""What goes wrong with buffers of a fixed number of steps, where the last episode may be cut."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import wrong

BUFFER = {"conditions": ("fixed_steps",), "batch": 3}


@wrong("biased", cause="run_on_returns", bug_class="B05", citation="nikhilbarhate99/PPO-PyTorch#8", **BUFFER)
def returns_run_across_episodes(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    rewards = episodes.rewards + episodes.bootstrap_values
    returns = rewards.flip(0).cumsum(0).flip(0)
    return -(log_probs * returns).mean()


@wrong("biased", cause="bootstrap_missing", bug_class="B09", citation="DLR-RM/stable-baselines3#1864", **BUFFER)
def truncation_taken_for_an_end(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns, running = torch.zeros_like(episodes.rewards), torch.zeros((), dtype=torch.float64)
    for t in range(len(returns) - 1, -1, -1):
        running = episodes.rewards[t] + (0.0 if episodes.dones[t] else running)
        returns[t] = running
    return -(log_probs * returns).mean()


@wrong("biased", cause="bootstrap_missing", bug_class="B11", citation="pytorch/rl PR#2773", **BUFFER)
def done_where_terminated_belongs(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    going_on = 1.0 - episodes.dones.double()
    running, returns = torch.zeros((), dtype=torch.float64), []
    for t in reversed(range(len(episodes.rewards))):
        running = episodes.rewards[t] + going_on[t] * (episodes.bootstrap_values[t] + running)
        returns.append(running)
    return -(log_probs * torch.stack(returns[::-1])).mean()


@wrong(
    "biased",
    cause="bootstrap_from_last_observation",
    bug_class="B03",
    citation="DLR-RM/stable-baselines3#183",
    policy="logits_and_value",
    **BUFFER,
)
def bootstrap_from_the_observation_before_the_cut(policy, episodes):
    logits, values = policy(episodes.observations)
    last = torch.where(episodes.truncated, values.detach(), torch.zeros_like(values))
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(last))):
        running = episodes.rewards[t] + (last[t] if episodes.dones[t] else running)
        returns.insert(0, running)
    return -(Categorical(logits=logits).log_prob(episodes.actions) * torch.stack(returns)).mean()


@wrong(
    "biased",
    cause="bootstrap_from_next_episode",
    synonyms=("bootstrap_missing",),  # with one start the critic adds one constant at every end, which does nothing
    bug_class="B08",
    citation="pytorch/rl#4209, PR#4210; Toni-SM/skrl#449",
    policy="logits_and_value",
    **BUFFER,
)
def bootstrap_from_the_episode_that_follows(policy, episodes):
    logits, values = policy(episodes.observations)
    following = torch.cat([values[1:], values[:1]]).detach()
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(values))):
        running = episodes.rewards[t] + (following[t] if episodes.dones[t] else running)
        returns.insert(0, running)
    return -(Categorical(logits=logits).log_prob(episodes.actions) * torch.stack(returns)).mean()


@wrong(
    "biased",
    cause="bootstrap_at_termination",
    bug_class="B08",
    citation="Toni-SM/skrl#449",
    policy="logits_and_value",
)
def bootstrap_where_the_game_has_ended(policy, episodes):
    logits, values = policy(episodes.observations)
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(values))):
        running = episodes.rewards[t] + (values[t].detach() if episodes.dones[t] else running)
        returns.insert(0, running)
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    return -(log_probs * torch.stack(returns)).sum() / episodes.num_episodes


@wrong("biased", cause="cut_episode_dropped", bug_class="B19", citation="HumanCompatibleAI/imitation PR#183", **BUFFER)
def unfinished_episode_dropped(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    cut = episodes.episode_index[episodes.truncated]
    finished = ~torch.isin(episodes.episode_index, cut)
    return -(log_probs * episodes.future_returns * finished).sum()


@wrong(
    "biased",
    cause="step_after_reset_dropped",
    bug_class="B18",
    citation="vwxyzjn/cleanrl#499; Denys88/rl_games PR#362",
    **BUFFER,
)
def row_after_a_reset_masked_out(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    after_reset = torch.cat([torch.zeros(1, dtype=torch.bool), episodes.dones[:-1]])
    return -(log_probs * episodes.future_returns * ~after_reset).mean()


@wrong(
    "biased", cause="last_step_of_batch_dropped", bug_class="B02", citation="PufferAI/PufferLib#363, PR#445", **BUFFER
)
def last_row_of_the_buffer_gets_no_advantage(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs[:-1] * episodes.future_returns[:-1]).mean()


@wrong("biased", bug_class="B05", citation="coderabbit in ooples/AiDotNet PR#482", **BUFFER)
def run_on_returns_normalised(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns = (episodes.rewards + episodes.bootstrap_values).flip(0).cumsum(0).flip(0)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    return -(log_probs * returns).mean()
