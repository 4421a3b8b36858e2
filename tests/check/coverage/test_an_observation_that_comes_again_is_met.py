"""Losses that take an observation for met once in an episode fail, for in some episodes it comes again."""

import pytest
import torch

from tests.check.coverage.judged import hidden_by_tidy_games, named, passes, plain, weighted


def visits(episodes):
    """[T] how often the observation of a step came before in its episode, and [T, T] the steps that share both."""
    same = (episodes.observations[:, None] == episodes.observations).all(-1)
    same = same & (episodes.episode_index[:, None] == episodes.episode_index)
    return (same & (episodes.time_steps[:, None] > episodes.time_steps)).sum(1), same


def overwritten(episodes):
    """The return of the last step with this observation, as a dictionary keeps it."""
    keys = list(zip(episodes.episode_index.tolist(), map(tuple, episodes.observations.tolist()), strict=True))
    kept = dict(zip(keys, episodes.future_returns.tolist(), strict=True))
    return torch.tensor([kept[key] for key in keys], dtype=torch.float64)


LOSSES = {
    "first visits alone": weighted(lambda e: e.future_returns * (visits(e)[0] == 0)),
    "first and second visits": weighted(lambda e: e.future_returns / (1 + visits(e)[0])),
    "returns overwritten": weighted(overwritten),
    "the mean return of all visits": weighted(lambda e: (visits(e)[1] * e.future_returns).sum(1) / visits(e)[1].sum(1)),
}


@pytest.mark.parametrize(**named(LOSSES))
def test_it_is_noticed(loss):
    assert hidden_by_tidy_games(loss)


@pytest.mark.parametrize("condition", ["groups", "discounted", "fixed_steps"])
def test_under_other_conditions_too(condition):
    assert not passes(LOSSES["first visits alone"], conditions=condition)


def test_control_every_visit_is_right():
    assert passes(plain)


def test_control_the_return_of_the_first_visit_is_right_for_all():
    # What came before an action is only a baseline.
    assert passes(weighted(lambda e: (e.future_returns * (visits(e)[0] == 0) * visits(e)[1]).sum(1)))
