"""Claim: where a game leaves a gradient few free directions, a remark says so, and nothing is named by coincidence.

Of two numbers any is a multiple of the true gradient plus one of an entropy's. A loss that plays the battery, too, is
told by the battery; one that plays its own small game alone is not told at all.
"""

import pytest
import torch
from torch import nn

from gradcheck import TabularGame, TabularPolicy, check, games
from tests.check.diagnosis.mistaken import log_probs

QUICK = {"batch": 2, "all_conditions": False, "counterexample": False}
ONE_DIRECTION = "any gradient of the right sign is proportional to any."
TARGET = torch.tensor([[0.3, 0.7], [0.8, 0.2]], dtype=torch.float64).log()


def stop_go():
    game = games.stop_go()
    return game, TabularPolicy(game, {"first": ("2/3", "1/3"), "second": ("1/4", "3/4")})


def four_places():
    """Four decisions, each with parameters of its own: four free directions."""
    names = ("one", "two", "three", "four")
    table = {
        name: {0: [(1, "end", i, True)], 1: [(1, names[i + 1], 2 - i * i, False)]} for i, name in enumerate(names[:3])
    }
    table["four"] = {0: [(1, "end", 1, True)], 1: [(1, "end", -3, True)]}
    game = TabularGame(table, "one", 4)
    return game, TabularPolicy(game, {name: (f"{i + 1}/6", f"{5 - i}/6") for i, name in enumerate(names)})


def only_here(loss, places):
    """The same, for a game of so many places with two actions alone."""

    def theirs(policy, e):
        if e.observations.shape[1] != places or e.legal_actions.shape[1] != 2:
            raise ValueError("made for another game")
        return loss(policy, e)

    return theirs


def plain(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def kl_to_a_target(policy, e):
    log_policy = policy(e.observations).log_softmax(-1)
    kl = (log_policy.exp() * (log_policy - TARGET[e.observations.argmax(-1)])).sum()
    return plain(policy, e) + 0.5 * kl / e.num_episodes


def action_baseline(policy, e):
    return -(log_probs(policy, e) * (e.future_returns - e.actions)).sum() / e.num_episodes


def absolute_returns(policy, e):
    return -(log_probs(policy, e) * e.future_returns.abs()).sum() / e.num_episodes


def immediate(policy, e):
    return -(log_probs(policy, e) * e.rewards).sum() / e.num_episodes


def label_smoothing(policy, e):
    every = policy(e.observations).log_softmax(-1)
    return plain(policy, e) - 0.1 * every.mean(-1).sum() / e.num_episodes


def squares(policy, e):
    return -(log_probs(policy, e) * e.future_returns**2).sum() / e.num_episodes


WRONG = (kl_to_a_target, action_baseline, absolute_returns, immediate, label_smoothing, squares)


@pytest.mark.parametrize("loss", WRONG)
def test_on_two_free_probabilities_nothing_is_named(loss):
    result = check(only_here(loss, 2), *stop_go(), **QUICK)
    assert result.verdict == "biased"
    assert [finding.cause for finding in result.findings] == ["unexplained"]


def test_it_says_why():
    title = check(only_here(immediate, 2), *stop_go(), **QUICK).findings[0].title
    assert "cannot be told: the loss works on this game alone, where its gradient has 2 directions free" in title


def test_control_on_the_battery_or_on_more_probabilities_it_is_named():
    for found in (check(immediate, *stop_go(), **QUICK), check(only_here(immediate, 4), *four_places(), **QUICK)):
        assert found.findings[0].cause == "immediate_reward"


class OneParameter(nn.Module):
    """All probabilities follow one number."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, observations):
        along = self.weight * observations.sum(-1)
        return torch.stack([along, -along], dim=-1)


def two_arms():
    game = games.bandit([1, 3])
    return game, TabularPolicy(game)


@pytest.mark.parametrize("played", [(games.robot(), OneParameter()), two_arms(), (games.robot_one_step(), None)])
@pytest.mark.parametrize("loss", [plain, squares])
def test_one_direction_is_remarked_upon(played, loss):
    result = check(loss, *played, **QUICK)
    assert [ONE_DIRECTION in remark for remark in result.remarks] == [True]
    assert ONE_DIRECTION in " ".join(str(result).split())


@pytest.mark.parametrize("played", [stop_go(), four_places(), (None, None)])
def test_control_two_directions_are_not(played):
    assert not any(ONE_DIRECTION in remark for remark in check(plain, *played, **QUICK).remarks)
