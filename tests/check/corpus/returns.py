"""Wrong returns: rewards credited to the wrong step, lost, or discounted too little or too much."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import wrong


@wrong("biased", cause="immediate_reward", bug_class="B04", citation="natolambert/rlhf-book PR#216")
def immediate_rewards(policy, episodes):
    dist = Categorical(logits=policy(episodes.observations))
    return -(dist.log_prob(episodes.actions) * episodes.rewards).sum() / episodes.num_episodes


@wrong("biased", cause="immediate_reward", bug_class="B04", citation="natolambert/rlhf-book PR#216")
def rewards_summed_from_the_front(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    so_far, returns = 0.0, []
    for reward, done in zip(episodes.rewards, episodes.dones, strict=True):
        so_far = so_far + reward
        returns.append(so_far)
        if done:
            so_far = 0.0
    return -(log_probs * torch.stack(returns)).sum() / episodes.num_episodes


@wrong("biased", cause="reward_one_step_late", bug_class="B01", citation="openai/spinningup#50")
def reward_stored_one_slot_late(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = 0.0
    for episode in range(episodes.num_episodes):
        mine = episodes.episode_index == episode
        stored = torch.cat([torch.zeros(1, dtype=torch.float64), episodes.rewards[mine][:-1]])
        returns = stored.flip(0).cumsum(0).flip(0)
        loss = loss - (log_probs[mine] * returns).sum()
    return loss / episodes.num_episodes


@wrong("biased", cause="past_rewards_only", bug_class="B01", citation="openai/spinningup#50")
def reward_of_the_step_before(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    before = episodes.rewards.roll(1) * (episodes.time_steps > 0)
    return -(log_probs * before).sum() / episodes.num_episodes


@wrong("biased", cause="return_without_own_reward", bug_class="B01", citation="openai/spinningup#50")
def return_without_the_own_reward(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns, running = [], torch.tensor(0.0, dtype=torch.float64)
    for t in reversed(range(len(episodes.rewards))):
        if episodes.dones[t]:
            running = torch.tensor(0.0, dtype=torch.float64)
        returns.insert(0, running)
        running = running + episodes.rewards[t]
    return -(log_probs * torch.stack(returns)).sum() / episodes.num_episodes


@wrong("biased", cause="last_step_dropped", bug_class="B02", citation="PufferAI/PufferLib#363, PR#445")
def last_transition_of_each_episode_gets_no_advantage(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    advantages = torch.zeros_like(episodes.rewards)
    start = 0
    for length in episodes.lengths.tolist():
        rewards = episodes.rewards[start : start + length]
        for t in range(length - 1):
            advantages[start + t] = rewards[t:].sum()
        start += length
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong("consistent", cause="last_step_of_batch_dropped", bug_class="B02", citation="PufferAI/PufferLib#363, PR#445")
def last_transition_of_the_batch_gets_no_advantage(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    advantages = torch.zeros_like(episodes.rewards)
    steps = len(advantages) - 1
    advantages[:steps] = episodes.future_returns[:steps]
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="reward_one_step_late",  # where the last reward is lost just so
    bug_class="B02",
    citation="PufferAI/PufferLib#363, PR#445",
)
def terminal_rewards_are_masked_with_the_done_flag(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    not_done = 1.0 - episodes.dones.double()
    returns = torch.zeros_like(episodes.rewards)
    running = torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(returns))):
        running = (episodes.rewards[t] + running) * not_done[t]
        returns[t] = running
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong("biased", cause="done_flag_of_next_step", bug_class="B07", citation="hill-a/stable-baselines#385")
def done_flag_of_the_next_step(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    dones = torch.cat([episodes.dones[1:], torch.ones(1, dtype=torch.bool)]).double()
    returns = torch.zeros_like(episodes.rewards)
    running = torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(returns))):
        running = episodes.rewards[t] + (1 - dones[t]) * running
        returns[t] = running
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong("biased", cause="done_flag_of_previous_step", bug_class="B07", citation="hill-a/stable-baselines#385")
def done_flag_of_the_step_before(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    dones = torch.cat([torch.zeros(1, dtype=torch.bool), episodes.dones[:-1]]).double()
    returns = torch.zeros_like(episodes.rewards)
    running = torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(returns))):
        running = episodes.rewards[t] + (1 - dones[t]) * running
        returns[t] = running
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="return_without_own_reward",
    synonyms=("next_return",),  # the same number
    bug_class="B12",
    citation="4kasha/CartPole_PPO#1",
)
def advantage_of_the_next_step(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    advantages = episodes.future_returns
    later = torch.cat([advantages[1:], torch.zeros(1, dtype=advantages.dtype)]) * ~episodes.dones
    return -(log_probs * later).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="previous_return",
    synonyms=("first_step_dropped",),  # what the step before earned has no expected gradient
    bug_class="B12",
    citation="4kasha/CartPole_PPO#1",
)
def advantage_of_the_step_before(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    loss = 0.0
    for i in range(episodes.num_episodes):
        mine = episodes.episode_index == i
        loss = loss - (log_probs[mine][1:] * episodes.future_returns[mine][:-1]).sum()
    return loss / episodes.num_episodes


@wrong(
    "biased",
    cause="one_step_td_with_wrong_critic",
    bug_class="B12",
    citation="4kasha/CartPole_PPO#1",
    policy="logits_and_value",
)
def gae_whose_recursion_reads_the_row_it_writes(policy, episodes):
    logits, values = policy(episodes.observations)
    values = values.detach()
    next_values = torch.cat([values[1:], torch.zeros(1, dtype=torch.float64)])
    advantages = torch.zeros_like(values)
    for t in reversed(range(len(values))):
        going_on = 1.0 - episodes.dones[t].double()
        delta = episodes.rewards[t] + going_on * next_values[t] - values[t]
        advantages[t] = delta + 0.95 * going_on * advantages[t]
    log_probs = Categorical(logits=logits).log_prob(episodes.actions)
    return -(log_probs * advantages).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="gae_with_wrong_critic",
    bug_class="B03",
    citation="DLR-RM/stable-baselines3#183",
    policy="logits_and_value",
)
def gae_leans_on_a_wrong_critic(policy, episodes):
    logits, values = policy(episodes.observations)
    values = values.detach()
    advantages, last = torch.zeros_like(values), torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(values))):
        if episodes.dones[t]:
            last = delta = episodes.rewards[t] - values[t]
        else:
            delta = episodes.rewards[t] + values[t + 1] - values[t]
            last = delta + 0.95 * last
        advantages[t] = last
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@wrong("biased", cause="value_of_same_step", bug_class="B03", citation="micdoh/XLRON PR#50", policy="logits_and_value")
def td_target_from_the_row_itself(policy, episodes):
    logits, values = policy(episodes.observations)
    target = episodes.rewards + values.detach() * (~episodes.dones)
    advantages = target - values.detach()
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@wrong(
    "biased", cause="discount_missing", bug_class="B13", citation="facebookresearch/Pearl#46", conditions="discounted"
)
def the_factor_of_the_start_is_missing(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


@wrong(
    "biased",
    cause="no_discount_at_all",
    bug_class="B13",
    citation="datawhalechina/easy-rl#181",
    conditions="discounted",
)
def rewards_of_a_discounted_game_are_not_discounted(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns = []
    for i in range(episodes.num_episodes):
        rewards = episodes.rewards[episodes.episode_index == i]
        returns.append(rewards.flip(0).cumsum(0).flip(0))
    return -(log_probs * torch.cat(returns)).sum() / episodes.num_episodes


@wrong("biased", cause="discounted_twice", bug_class="B13", citation="ufal/npfl122#117", conditions="discounted")
def rewards_are_discounted_from_the_start_and_returns_once_more(policy, episodes):
    gamma = episodes.discount
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    rewards = episodes.rewards * gamma**episodes.time_steps
    returns, running = torch.zeros_like(rewards), torch.zeros((), dtype=torch.float64)
    for t in reversed(range(len(rewards))):
        running = rewards[t] + (0.0 if episodes.dones[t] else gamma) * running
        returns[t] = running
    return -(log_probs * returns).sum() / episodes.num_episodes


@wrong("biased", cause="discounts_undiscounted_game", bug_class="B13", citation="Nota & Thomas 2020")
def discounts_of_habit(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    returns, running = [], torch.zeros((), dtype=torch.float64)
    for reward, done in zip(episodes.rewards.flip(0), episodes.dones.flip(0), strict=True):
        running = reward if done else reward + 0.99 * running
        returns.append(running)
    return -(log_probs * torch.stack(returns[::-1])).sum() / episodes.num_episodes


@wrong("biased", cause="rewards_clipped", citation="Mnih et al. 2015, reward clipping")
def rewards_clipped_to_one(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    rewards = episodes.rewards.clamp(-1, 1)
    backwards = torch.stack(
        [rewards[t:][episodes.episode_index[t:] == i].sum() for t, i in enumerate(episodes.episode_index)]
    )
    return -(log_probs * backwards).sum() / episodes.num_episodes


@wrong("biased", cause="positive_returns_only", citation="self-imitation, Oh et al. 2018, used as a policy gradient")
def only_positive_returns_are_learned_from(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64).index_add(
        0, episodes.episode_index, episodes.rewards
    )
    return -(log_probs * totals.clamp(min=0)[episodes.episode_index]).sum() / episodes.num_episodes
