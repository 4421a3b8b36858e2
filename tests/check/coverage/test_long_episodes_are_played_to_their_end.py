"""Losses that are right for three steps, and wrong for more, fail."""

import pytest
import torch

from tests.check.coverage.judged import hidden_by_tidy_games, named, passes, weighted


def of_the_next(number):
    """[T] the sum of so many rewards, of the step's own first, without a value of what follows."""

    def returns(episodes):
        ahead = episodes.time_steps - episodes.time_steps[:, None]
        near = (episodes.episode_index[:, None] == episodes.episode_index) & (ahead >= 0) & (ahead < number)
        return near.double() @ episodes.rewards

    return returns


LOSSES = {
    "steps after the third dropped": weighted(lambda e: e.future_returns * (e.time_steps < 3)),
    "steps after the fifth dropped": weighted(lambda e: e.future_returns * (e.time_steps < 5)),
    "three-step returns": weighted(of_the_next(3)),
    "five-step returns": weighted(of_the_next(5)),
    "long episodes skipped": weighted(lambda e: e.future_returns * (e.lengths <= 4)[e.episode_index]),
    "long episodes cost": weighted(lambda e: e.future_returns - (e.lengths - 4).clamp(min=0)[e.episode_index]),
    "time steps in two bits": weighted(lambda e: e.future_returns * torch.tensor([1.0, 1, 1, 0])[e.time_steps % 4]),
}


@pytest.mark.parametrize(**named(LOSSES))
def test_it_is_noticed(loss):
    assert hidden_by_tidy_games(loss)


@pytest.mark.parametrize("condition", ["discounted", "fixed_steps", "groups"])
def test_under_other_conditions_too(condition):
    assert not passes(LOSSES["steps after the third dropped"], conditions=condition)


def test_control_returns_of_twenty_steps_are_right():
    assert passes(weighted(of_the_next(20)))
