"""Losses that weigh starts by anything but their frequency fail: one of two is met three times as often."""

import pytest
import torch

from tests.check.coverage.judged import hidden_by_tidy_games, log_probs, named, passes, plain


def by_start(weigh):
    """Each episode divided by what follows from how many episodes of the batch have its start."""

    def loss(policy, episodes):
        terms = log_probs(policy, episodes) * episodes.future_returns
        same = (episodes.group_index[:, None] == episodes.group_index).double().sum(1)
        groups = (1 / same).sum()
        return -(terms * weigh(same, groups, episodes.num_episodes)[episodes.episode_index]).sum()

    return loss


LOSSES = {
    "the mean of the means of each start": by_start(lambda same, groups, n: 1 / same / groups),
    "the sum of the means of each start": by_start(lambda same, groups, n: 1 / same),
    "one over the root of how many": by_start(lambda same, groups, n: same**-0.5 / n),
    "starts that are met once skipped": by_start(lambda same, groups, n: (same > 1).double() / n),
}


@pytest.mark.parametrize(**named(LOSSES))
def test_it_is_noticed(loss):
    assert hidden_by_tidy_games(loss, batch=3)


def test_control_every_episode_counts_alike():
    assert passes(by_start(lambda same, groups, n: torch.ones_like(same) / n), batch=3)
    assert passes(plain, batch=3)
