"""Losses that know three actions, or observations of zeros and ones, fail: there are five, and any numbers."""

import pytest
import torch
from torch.distributions import Categorical

from tests.check.coverage.judged import hidden_by_tidy_games, log_probs, named, passes, plain, scored


def looked_at(change):
    """The log-probability at observations that were changed first."""

    def score(policy, episodes):
        return Categorical(logits=policy(change(episodes.observations))).log_prob(episodes.actions)

    return scored(score)


def of_actions(change):
    """The log-probability of actions that were changed first."""
    return scored(lambda p, e: Categorical(logits=p(e.observations)).log_prob(change(e.actions)))


ACTIONS = {
    "clamped to three": of_actions(lambda actions: actions.clamp(max=2)),
    "clamped to four": of_actions(lambda actions: actions.clamp(max=3)),
    "in two bits": of_actions(lambda actions: actions % 4),
    "the logits of the first three": scored(
        lambda p, e: log_probs(p, e, lambda x: torch.where(torch.arange(x.shape[1]) > 2, x.detach(), x))
    ),
}
OBSERVATIONS = {
    "in whole numbers": looked_at(lambda seen: seen.long().double()),
    "without sign": looked_at(torch.abs),
    "zero or not": looked_at(lambda seen: seen.bool().double()),
    "clamped to 1": looked_at(lambda seen: seen.clamp(-1, 1)),
    "squared": looked_at(torch.square),
    "as bytes": looked_at(lambda seen: seen.clamp(min=0)),
}


@pytest.mark.parametrize(**named(ACTIONS))
def test_actions(loss):
    assert hidden_by_tidy_games(loss)


@pytest.mark.parametrize(**named(OBSERVATIONS))
def test_observations(loss):
    assert hidden_by_tidy_games(loss)


@pytest.mark.parametrize("condition", ["groups", "discounted", "moved_parameters"])
def test_under_other_conditions_too(condition):
    assert not passes(ACTIONS["clamped to three"], conditions=condition)
    assert not passes(OBSERVATIONS["without sign"], conditions=condition)


def test_control_as_they_are_they_are_right():
    assert passes(looked_at(lambda seen: seen.clamp(-100, 100)))
    assert passes(of_actions(lambda actions: actions.clamp(max=9)))
    assert passes(plain)
