"""Right baselines, and statistics of the batch that are right up to a scale or in the limit of large batches."""

from __future__ import annotations

import torch
from torch import nn
from torch.distributions import Categorical

from tests.check.corpus.case import right


class CriticOfItsOwn(nn.Module):
    """Actor and critic share nothing."""

    def __init__(self, width, actions):
        super().__init__()
        self.actor = nn.Linear(width, actions, dtype=torch.float64)
        self.critic = nn.Linear(width, 1, dtype=torch.float64)

    def forward(self, observations):
        return self.actor(observations), self.critic(observations).squeeze(-1)


def _log_probs(policy, episodes):
    return Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)


def _totals(episodes):
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    return totals.index_add(0, episodes.episode_index, episodes.rewards)


@right("unbiased", citation="Williams 1992")
def constant_baseline(policy, episodes):
    return -(_log_probs(policy, episodes) * (episodes.future_returns - 3.0)).sum() / episodes.num_episodes


@right("unbiased", citation="Greensmith et al. 2004")
def baseline_of_the_time_step(policy, episodes):
    baseline = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)[episodes.time_steps]
    return -(_log_probs(policy, episodes) * (episodes.future_returns - baseline)).sum() / episodes.num_episodes


@right("unbiased", citation="Greensmith et al. 2004")
def baseline_of_the_observation(policy, episodes):
    baseline = (episodes.observations * torch.arange(1.0, 1 + episodes.observations.shape[1])).sum(-1)
    return -(_log_probs(policy, episodes) * (episodes.future_returns - baseline)).sum() / episodes.num_episodes


@right("unbiased", citation="Kool et al. 2019; Ahmadian et al. 2024")
def leave_one_out(policy, episodes):
    totals, count = _totals(episodes), episodes.num_episodes
    others = (totals.sum() - totals) / (count - 1)
    return -(_log_probs(policy, episodes) * (totals - others)[episodes.episode_index]).sum() / count


@right("unbiased", citation="Kool et al. 2019, within groups", conditions="groups", batch=(2, 2))
def leave_one_out_in_each_group(policy, episodes):
    totals = _totals(episodes).view(1 + int(episodes.group_index[-1]), -1)
    others = (totals.sum(1, keepdim=True) - totals) / (totals.shape[1] - 1)
    advantages = (totals - others).flatten()
    return -(_log_probs(policy, episodes) * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@right("proportional", citation="Liu et al. 2025, without the deviation", conditions="groups", batch=(2, 2))
def group_mean_including_itself(policy, episodes):
    totals = _totals(episodes).view(1 + int(episodes.group_index[-1]), -1)
    advantages = (totals - totals.mean(1, keepdim=True)).flatten()
    return -(_log_probs(policy, episodes) * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@right("unbiased", citation="another episode is independent")
def return_of_another_episode_as_a_baseline(policy, episodes):
    totals = _totals(episodes)
    advantages = (totals - totals.roll(1))[episodes.episode_index]
    return -(_log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


@right("proportional", bug_class="B22", citation="verl-project/verl PR#7325; jsboige/CoursIA PR#15256")
def mean_including_itself(policy, episodes):
    totals = _totals(episodes)
    advantages = (totals - totals.mean())[episodes.episode_index]
    return -(_log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


@right("proportional", bug_class="B-F", citation="huggingface/trl#2681: a loss of zero is normal")
def centred_loss_whose_value_is_zero(policy, episodes):
    totals = _totals(episodes)
    advantages = (totals - totals.mean())[episodes.episode_index]
    log_probs = _log_probs(policy, episodes)
    return -(torch.exp(log_probs - log_probs.detach()) * advantages).sum() / episodes.num_episodes


@right("consistent", citation="DAPO, 2503.14476: the mean over tokens")
def token_mean(policy, episodes):
    return -(_log_probs(policy, episodes) * episodes.future_returns).mean()


@right("consistent", citation="normalised returns, as in tutorials", batch=3)
def normalised_over_the_batch(policy, episodes):
    totals = _totals(episodes)
    advantages = (totals - totals.mean()) / (totals.std(unbiased=False) + 1e-8)
    return -(_log_probs(policy, episodes) * advantages[episodes.episode_index]).sum() / episodes.num_episodes


@right("unbiased", citation="C03: λ = 1 with any critic", policy="logits_and_value")
def gae_with_lambda_one(policy, episodes):
    logits, values = policy(episodes.observations)
    values, last = values.detach(), torch.zeros((), dtype=torch.float64)
    advantages = torch.zeros_like(values)
    for t in reversed(range(len(values))):
        going_on = 0.0 if episodes.dones[t] else 1.0
        following = values[t + 1] if going_on else torch.zeros((), dtype=torch.float64)
        last = episodes.rewards[t] + following - values[t] + going_on * last
        advantages[t] = last
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@right("unbiased", citation="actor and critic in one loss", policy="logits_and_value")
def advantage_actor_critic(policy, episodes):
    logits, values = policy(episodes.observations)
    advantages = episodes.future_returns - values.detach()
    policy_loss = -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum()
    value_loss = (episodes.future_returns - values).pow(2).sum()
    return (policy_loss + 0.5 * value_loss) / episodes.num_episodes


@right("unbiased", bug_class="B37", citation="astariul/encode-attend-navigate-pytorch#2", policy=CriticOfItsOwn)
def advantage_not_detached_from_a_critic_of_its_own(policy, episodes):
    logits, values = policy(episodes.observations)
    advantages = episodes.future_returns - values
    return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes


@right("unbiased", bug_class="B38", citation="bentrevett/pytorch-rl#2", policy="logits_and_value")
def critic_that_is_never_used(policy, episodes):
    logits, _ = policy(episodes.observations)
    return (
        -(Categorical(logits=logits).log_prob(episodes.actions) * episodes.future_returns).sum() / episodes.num_episodes
    )


@right(
    "unbiased",
    bug_class="B33",
    citation="huggingface/trl PR#6365: the sum does not change",
    conditions="groups",
    batch=(2, 2),
)
def groups_without_variance_dropped_from_a_sum(policy, episodes):
    totals = _totals(episodes).view(1 + int(episodes.group_index[-1]), -1)
    advantages = (totals - totals.mean(1, keepdim=True)) * totals.shape[1] / (totals.shape[1] - 1)
    kept = (totals.std(1, keepdim=True) > 0).double()
    weights = (advantages * kept).flatten()[episodes.episode_index]
    return -(_log_probs(policy, episodes) * weights).sum() / episodes.num_episodes
