"""Right losses in the many forms people write: loops and vectors, logits and distributions, backward and updates."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch.distributions import Categorical
from torch.nn import functional

from gradcheck import estimators
from tests.check.corpus.case import right


@right("unbiased", citation="Williams 1992")
def reinforce(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B15", citation="huggingface/deep-rl-class PR#70; google-research/recsim_ng#3")
def whole_episode_return_at_every_step(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    return -(log_probs * totals[episodes.episode_index]).sum() / episodes.num_episodes


@right("unbiased", citation="as in tutorials, one episode after another")
def loop_over_episodes_and_steps(policy, episodes):
    losses = []
    for i in range(episodes.num_episodes):
        mine = (episodes.episode_index == i).nonzero().squeeze(-1)
        running, loss = 0.0, 0.0
        for t in reversed(mine.tolist()):
            running = episodes.rewards[t].item() + running
            logits = policy(episodes.observations[t : t + 1])
            loss = loss - Categorical(logits=logits[0]).log_prob(episodes.actions[t]) * running
        losses.append(loss)
    return torch.stack(losses).mean()


@right("unbiased", bug_class="B-F", citation="deepspeedai/DeepSpeedExamples#741: the mask is shifted rightly")
def padded_and_masked(policy, episodes):
    observations, mask = episodes.padded("observations")
    actions, _ = episodes.padded("actions")
    returns, _ = episodes.padded("future_returns")
    logits = policy(observations.flatten(0, 1)).view(*mask.shape, -1)
    log_probs = logits.log_softmax(-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
    return -((log_probs * returns) * mask).sum(1).mean()


@right("unbiased", bug_class="B-F", citation="thu-ml/tianshou#745, #869: equivalent forms")
def cross_entropy_weighted_by_returns(policy, episodes):
    losses = functional.cross_entropy(policy(episodes.observations), episodes.actions, reduction="none")
    return (losses * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="thu-ml/tianshou#745: equivalent forms")
def log_softmax_of_a_log_softmax(policy, episodes):
    log_probs = Categorical(logits=functional.log_softmax(policy(episodes.observations), -1)).log_prob(episodes.actions)
    return torch.dot(-log_probs, episodes.future_returns) / episodes.num_episodes


@right("unbiased", citation="Categorical from the policy itself", policy="categorical")
def policy_that_returns_a_distribution(policy, episodes):
    return -(policy(episodes.observations).log_prob(episodes.actions) * episodes.future_returns).sum() / (
        episodes.num_episodes
    )


@right("unbiased", citation="Schulman et al. 2015, 1506.05254")
def inverse_probability(policy, episodes):
    probs = policy(episodes.observations).softmax(-1).gather(-1, episodes.actions.unsqueeze(-1)).squeeze(-1)
    return -(probs / probs.detach() * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="huggingface/trl#2681; huggingface/open-r1#239: zero in value alone")
def value_of_zero_with_a_gradient(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -((log_probs - log_probs.detach()) * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B-F", citation="huggingface/trl#3452: the exponential of zero")
def exponential_of_zero(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    per_token = torch.exp(log_probs - log_probs.detach()) * episodes.future_returns
    return -per_token.sum() / episodes.num_episodes


@right("unbiased", citation="a loss that calls backward itself")
def backward_inside(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = -(log_probs * episodes.future_returns).sum() / episodes.num_episodes
    loss.backward()


@right("unbiased", citation="gradients accumulated, one backward for each episode")
def backward_for_each_episode(policy, episodes):
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        log_probs = Categorical(logits=policy(episodes.observations[mine])).log_prob(episodes.actions[mine])
        loss = -(log_probs * episodes.future_returns[mine]).sum()
        (loss / episodes.num_episodes).backward()


@right("unbiased", citation="a whole update, the optimiser made inside", learning_rate=0.01)
def update_with_sgd(policy, episodes):
    optimiser = torch.optim.SGD(policy.parameters(), lr=0.01)
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = -(log_probs * episodes.future_returns).sum() / episodes.num_episodes
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@right("proportional", citation="a constant divisor: Liu et al. 2025")
def constant_divisor(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / 512


@right("proportional", bug_class="B43", citation="verl-project/verl#3741: only the step size")
def sum_over_everything(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum()


@right("unbiased", bug_class="B-F", citation="vwxyzjn/cleanrl#393: dones stored with the step that follows")
def dones_stored_with_the_step_that_follows(policy, episodes):
    starts = torch.cat([torch.ones(1, dtype=torch.bool), episodes.dones[:-1]]).double()
    going_on = torch.cat([1.0 - starts[1:], torch.zeros(1, dtype=torch.float64)])
    returns, running = torch.zeros_like(episodes.rewards), torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(returns))):
        running = episodes.rewards[t] + going_on[t] * running
        returns[t] = running
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * returns).sum() / episodes.num_episodes


@right("unbiased", bug_class="B05", citation="ucla-rlcourse/RLexample#11: right for complete episodes")
def returns_run_across_complete_episodes(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns = episodes.rewards.flip(0).cumsum(0).flip(0)
    return -(log_probs * returns).sum() / episodes.num_episodes


@right("proportional", citation="the last episode is never closed")
def last_episode_is_left_out(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    boundaries = [0, *(episodes.dones.nonzero().squeeze(-1) + 1).tolist()]
    loss = 0.0
    for start, end in pairwise(boundaries[:-1]):
        loss = loss - (log_probs[start:end] * episodes.future_returns[start:end]).sum()
    return loss / episodes.num_episodes


@right("unbiased", citation="Thomas 2014: the factor of the start", conditions="discounted")
def discounted_from_the_start(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    weights = episodes.discount**episodes.time_steps
    return -(log_probs * weights * episodes.future_returns).sum() / episodes.num_episodes


@right("unbiased", citation="Williams 1992, discounted", conditions="discounted")
def discounted_total_return(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    discounted = episodes.rewards * episodes.discount**episodes.time_steps
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, discounted)
    return -(log_probs * totals[episodes.episode_index]).sum() / episodes.num_episodes


@right("unbiased", citation="masked before the softmax", conditions="illegal_actions")
def illegal_logits_at_minus_a_billion(policy, episodes):
    logits = policy(episodes.observations).masked_fill(~episodes.legal_actions, -1e9)
    return (
        -(Categorical(logits=logits).log_prob(episodes.actions) * episodes.future_returns).sum() / episodes.num_episodes
    )


@right("unbiased", citation="the library's own", conditions="illegal_actions")
def log_prob_of_the_library(policy, episodes):
    return estimators.log_prob(policy, episodes)


@right("proportional", citation="the mean over a buffer of constant size", conditions="fixed_steps", batch=3)
def mean_over_a_buffer(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).mean()


@right("unbiased", citation="Pardo et al. 2018: bootstrap where time runs out", conditions="fixed_steps", batch=3)
def bootstrap_at_the_cut(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(episodes.rewards))):
        if episodes.terminated[t]:
            running = torch.zeros((), dtype=torch.float64)
        elif episodes.truncated[t]:
            running = episodes.bootstrap_values[t]
        running = episodes.rewards[t] + running
        returns.append(running)
    return -(log_probs * torch.stack(returns[::-1])).sum() / episodes.num_episodes


@right("unbiased", citation="gradient accumulation with the right divisor", conditions="micro_batches")
def mean_over_episodes_in_micro_batches(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    per_episode = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    return -per_episode.index_add(0, episodes.episode_index, log_probs * episodes.future_returns).mean()
