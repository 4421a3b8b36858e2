"""A mistake that explains the numbers by itself is named by itself; of two names the plainer one is given."""

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import check

QUICK = {"counterexample": False, "all_conditions": False}


def taken(policy, episodes):
    return Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)


def reinforce(policy, episodes):
    return -(taken(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes


def grpo(policy, episodes):
    """Of two groups, each return divided by the deviation of its group and each episode by its length."""
    returns = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    returns = returns.index_add(0, episodes.episode_index, episodes.rewards).reshape(2, -1)
    advantages = (returns - returns.mean(1, keepdim=True)) / (returns.std(1, keepdim=True) + 1e-8)
    terms = taken(policy, episodes) * advantages.reshape(-1)[episodes.episode_index]
    return -(terms / episodes.lengths[episodes.episode_index]).sum() / episodes.num_episodes


def halved_without_the_last_episode(policy, episodes):
    kept = (episodes.episode_index < episodes.num_episodes - 1).double()
    return -(taken(policy, episodes) * kept * episodes.rewards).sum() / episodes.num_episodes


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
def test_a_mask_that_is_missing(batch):
    result = check(reinforce, conditions="illegal_actions", batch=batch, **QUICK)
    assert [one.cause for one in result.findings] == ["legal_mask_missing"]
    assert result.attribution is None


@pytest.mark.parametrize("batch", [(2, 2), (2, 3)])
def test_a_mean_over_sequences_in_groups(batch):
    result = check(grpo, conditions="groups", batch=batch, **QUICK)
    assert [one.cause for one in result.findings] == ["group_std", "sequence_mean"]


def test_control_a_change_of_scale_beside_a_mistake_is_no_reason():
    result = check(halved_without_the_last_episode, batch=2, **QUICK)
    assert [one.cause for one in result.findings] == ["immediate_reward"]
