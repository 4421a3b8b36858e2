"""Losses that change, skip or misread some rewards fail: there are zeros, ties, fractions, and large ones."""

import pytest
import torch

from tests.check.coverage.judged import hidden_by_tidy_games, named, passes, plain, rewards_through, weighted

LOSSES = {
    "rewards of -5 or less left out": weighted(lambda e: e.future_returns * (e.rewards > -5)),
    "rewards beyond 10 left out": weighted(lambda e: e.future_returns * (e.rewards.abs() < 10)),
    "steps without a reward left out": weighted(lambda e: e.future_returns * (e.rewards != 0)),
    "rewards in whole numbers": rewards_through(lambda rewards: rewards.long().double()),
    "rewards rounded": rewards_through(torch.round),
    "returns in hundredths": weighted(lambda e: (e.future_returns * 100).round() / 100),
    "returns in quarters": weighted(lambda e: (e.future_returns * 4).round() / 4),
    "rewards clipped at 5": rewards_through(lambda rewards: rewards.clamp(-5, 5)),
    "rewards clipped at 10": rewards_through(lambda rewards: rewards.clamp(-10, 10)),
    "returns clipped at 15": weighted(lambda e: e.future_returns.clamp(-15, 15)),
    "returns in eight bits": weighted(lambda e: e.future_returns.to(torch.int8).double()),
}


@pytest.mark.parametrize(**named(LOSSES))
def test_it_is_noticed(loss):
    assert hidden_by_tidy_games(loss)


@pytest.mark.parametrize("condition", ["groups", "discounted", "fixed_steps"])
@pytest.mark.parametrize("name", ["rewards of -5 or less left out", "rewards rounded"])
def test_under_other_conditions_too(condition, name):
    assert not passes(LOSSES[name], conditions=condition)


def distinct_best(policy, episodes):
    """Of all episodes from one start with the best return, only one is kept: where returns are tied, the others go."""
    totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
    tied = (totals[:, None] == totals) & (episodes.group_index[:, None] == episodes.group_index)
    actions = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    actions = actions.index_add(
        0, episodes.episode_index, (1.0 + episodes.actions.double()) / (1 + episodes.time_steps)
    )
    other = tied & (actions[:, None] != actions)
    kept = ~other.any(1)
    return plain_of(policy, episodes, kept[episodes.episode_index])


def plain_of(policy, episodes, kept):
    return weighted(lambda e: e.future_returns * kept)(policy, episodes)


def test_episodes_that_tie_with_others_are_not_left_out():
    assert not passes(distinct_best)


def test_a_divisor_that_counts_scores_is_noticed():
    def loss(policy, episodes):
        some = episodes.future_returns.ne(0).sum().clamp(min=1)
        return plain(policy, episodes) * episodes.num_episodes / some

    assert not passes(loss)


def test_control_no_reward_is_beyond_a_clip_at_a_million():
    assert passes(rewards_through(lambda rewards: rewards.clamp(-1e6, 1e6)))
