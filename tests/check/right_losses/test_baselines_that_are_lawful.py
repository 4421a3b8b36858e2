"""A baseline changes nothing, whatever it is, as long as it does not know the action: unbiased at every batch size.

One that knows a share of its own episode changes the length alone (proportional); statistics of the whole batch are
right in the limit (consistent).
"""

import pytest
import torch

from gradcheck import check
from tests.check.right_losses.two_steps import GAME, QUICK, TABLE, V, is_second, per_episode, plain, score_loss, totals


def with_baseline(baseline, advantage=lambda e: e.future_returns):
    return lambda policy, e: score_loss(policy, e, advantage(e) - baseline(e))


def others_mean(e):
    return ((totals(e).sum() - totals(e)) / (e.num_episodes - 1))[e.episode_index]


def others_at_the_step(e):
    """Of the others that got so far; 0 where none did."""
    at = torch.zeros(2, dtype=torch.float64).index_add(0, e.time_steps, e.future_returns)
    number = torch.zeros(2, dtype=torch.float64).index_add(0, e.time_steps, torch.ones_like(e.rewards))
    alone = number[e.time_steps] == 1
    return torch.where(alone, 0.0, (at[e.time_steps] - e.future_returns) / (number[e.time_steps] - 1).clamp(min=1))


def others_median(e):
    rows = totals(e).expand(e.num_episodes, -1)[~torch.eye(e.num_episodes, dtype=torch.bool)]
    return rows.reshape(e.num_episodes, -1).median(1).values[e.episode_index]


def others_largest(e):
    itself = torch.eye(e.num_episodes, dtype=torch.bool)
    return totals(e).expand(e.num_episodes, -1).masked_fill(itself, -torch.inf).amax(1)[e.episode_index]


def others_optimal(e):
    """Weighted by squared lengths, as the constant of the least variance is, of the other episodes."""
    weights = e.lengths.double() ** 2
    sums, weight = (weights * totals(e)).sum() - weights * totals(e), weights.sum() - weights
    return (sums / weight)[e.episode_index]


def regression_across(e):
    """For each episode a line through the steps of the others, by ridge regression on what the policy saw."""
    predicted = torch.zeros_like(e.rewards)
    features = torch.cat([e.observations, torch.ones(len(e.rewards), 1, dtype=torch.float64)], dim=1)
    for i in range(e.num_episodes):
        mine = e.episode_index == i
        there = features * (~mine).double()[:, None]
        line = torch.linalg.solve(there.T @ there + 0.1 * torch.eye(3, dtype=torch.float64), there.T @ e.future_returns)
        predicted = torch.where(mine, features @ line, predicted)
    return predicted


def other_half(e):
    """The mean of the other half of the batch, by episode number."""
    first = torch.arange(e.num_episodes) < (e.num_episodes + 1) // 2
    mean_first, mean_second = totals(e)[first].mean(), totals(e)[~first].mean()
    return torch.where(first, mean_second, mean_first)[e.episode_index]


def next_episode(e):
    return totals(e).roll(1)[e.episode_index]


def group_others(e):
    """Leave-one-out within the group of a start."""
    same = (e.group_index[:, None] == e.group_index).double()
    return ((same @ totals(e) - totals(e)) / (same.sum(1) - 1))[e.episode_index]


def unequal_groups(e):
    """Of five episodes, the first two and the last three, each by the others of its part."""
    part = (torch.arange(e.num_episodes) >= 2).long()
    same = (part[:, None] == part).double()
    return ((same @ totals(e) - totals(e)) / (same.sum(1) - 1))[e.episode_index]


THREE, FIVE = {"batch": 3}, {"batch": 5}
UNBIASED = {
    "none": (plain, THREE),
    "a constant": (with_baseline(lambda e: 1.7), THREE),
    "an integer": (with_baseline(lambda e: 2), THREE),
    "the state's value": (with_baseline(lambda e: V[is_second(e)]), THREE),
    "a wrong value of the state": (with_baseline(lambda e: e.observations @ e.observations.new_tensor([3, -1])), THREE),
    "the time step": (with_baseline(lambda e: e.time_steps.double() * 2 - 1), THREE),
    "the reward before": (with_baseline(lambda e: (totals(e)[e.episode_index] - e.future_returns) * 3), THREE),
    "the others' mean": (with_baseline(others_mean), THREE),
    "the others' mean, of whole returns": (
        with_baseline(others_mean, lambda e: totals(e)[e.episode_index]),
        THREE,
    ),
    "the others' median": (with_baseline(others_median), {"batch": 4}),
    "the others' largest": (with_baseline(others_largest), THREE),
    "the others' optimal constant": (with_baseline(others_optimal), THREE),
    "a regression on the others": (with_baseline(regression_across), THREE),
    "the other half": (with_baseline(other_half), {"batch": 4}),
    "the episode before": (with_baseline(next_episode), THREE),
    "the others of its group": (with_baseline(group_others), {"batch": (1, 3), "collect": "groups"}),
    "the others of unequal parts": (with_baseline(unequal_groups), FIVE),
}


@pytest.mark.parametrize("name", UNBIASED)
def test_it_is_unbiased(name):
    loss, options = UNBIASED[name]
    assert check(loss, GAME, TABLE, **options, **QUICK).verdict == "unbiased"


def batch_mean(e):
    return totals(e).mean()


def whitened(e):
    return (e.future_returns - e.future_returns.mean()) / (e.future_returns.std() + 1)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_mean_of_the_whole_batch_only_shortens(size):
    """By (N - 1) / N: an episode is subtracted from itself."""
    loss = with_baseline(batch_mean, lambda e: totals(e)[e.episode_index])
    result = check(loss, GAME, TABLE, batch=size, **QUICK)
    assert (result.verdict, result.scale) == ("proportional", pytest.approx((size - 1) / size))


CONTROLS = {
    "knows the action": (with_baseline(lambda e: e.actions.double()), {"batch": 3}),
    "knows the reward": (with_baseline(lambda e: e.rewards), {"batch": 3}),
    "the mean of its own steps": (
        with_baseline(lambda e: (per_episode(e, e.future_returns) / e.lengths)[e.episode_index]),
        {"batch": 3},
    ),
    "the mean of the whole batch, of future returns": (with_baseline(batch_mean), {"batch": 3}),
    "a regression on all": (lambda policy, e: score_loss(policy, e, whitened(e)), {"batch": 3}),
    "the largest of all": (with_baseline(lambda e: totals(e).max()), {"batch": 3}),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_with_one_mistake_it_is_not(name):
    loss, options = CONTROLS[name]
    assert check(loss, GAME, TABLE, **options, **QUICK).verdict != "unbiased"
