"""Claim: a bias that is the same at every batch size is *biased*, however small it is and whatever the network."""

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import check, games
from tests.check.limit.losses import (
    baseline_by_action,
    discounts_by,
    long_game,
    mean_over_steps,
    network,
    plus_entropy,
    reinforce,
)

QUICK = {"all_conditions": False, "counterexample": False}

ADDITIVE = {
    "entropy 0.01": plus_entropy(0.01),
    "entropy 0.001": plus_entropy(0.001),
    "discount 0.99": discounts_by(0.99),
    "discount 0.999": discounts_by(0.999),
    "baseline by action": baseline_by_action(0.01),
}
WITH_AN_AVERAGE = {
    "entropy 0.01, mean over steps": plus_entropy(0.01, mean_over_steps),
    "entropy 0.001, mean over steps": plus_entropy(0.001, mean_over_steps),
    "entropy 0.001 + 1/√N": plus_entropy(lambda n: 0.001 + n**-0.5),
}
ROBOT = games.robot()


def is_biased(loss, *arguments, **options):
    result = check(loss, *arguments, accept="consistent", **QUICK, **options)
    return result.verdict == "biased" and not result and result.limit.tends == "wrong"


@pytest.mark.parametrize("loss", [*ADDITIVE.values(), *WITH_AN_AVERAGE.values()], ids=[*ADDITIVE, *WITH_AN_AVERAGE])
def test_on_the_battery(loss):
    assert is_biased(loss)


@pytest.mark.parametrize("hidden", [0, 8])
@pytest.mark.parametrize("loss", ADDITIVE.values(), ids=ADDITIVE)
def test_with_a_network(loss, hidden):
    assert is_biased(loss, ROBOT, network(ROBOT, hidden=hidden), batch=2)


@pytest.mark.parametrize("loss", [plus_entropy(0.01), discounts_by(0.99)], ids=["entropy 0.01", "discount 0.99"])
def test_with_a_network_in_float32(loss):
    assert is_biased(loss, ROBOT, network(ROBOT, dtype=torch.float32), batch=2)


def test_in_a_game_of_many_episodes():
    game = long_game(4)
    assert is_biased(plus_entropy(0.01, mean_over_steps), game, network(game), batch=2)


@pytest.mark.parametrize("weight", [0.01, 0.001])
def test_small_beside_what_fades_with_a_network_whose_probabilities_are_no_fractions(weight):
    loss = plus_entropy(weight, mean_over_steps)
    assert not check(loss, ROBOT, network(ROBOT, hidden=4), batch=4, accept="consistent", **QUICK)


def test_smaller_than_what_frequencies_are_rounded_by():
    def loss(policy, episodes):
        return (
            mean_over_steps(policy, episodes)
            - 0.001 * Categorical(logits=policy(episodes.observations)).entropy().mean()
        )

    torch.manual_seed(0)
    policy = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    assert not check(loss, ROBOT, policy, batch=4, accept="consistent", **QUICK)


def test_control_what_fades_alone_is_consistent_with_such_a_network():
    result = check(mean_over_steps, ROBOT, network(ROBOT, hidden=4), batch=4, **QUICK)
    assert result.verdict == "consistent"


@pytest.mark.parametrize("weight", [0.5, 0.001])
def test_control_what_fades_is_consistent(weight):
    result = check(plus_entropy(lambda n: weight / n), ROBOT, network(ROBOT), batch=2, accept="consistent", **QUICK)
    assert result.verdict == "consistent"
    assert result.limit.rate == "1/N"


def test_control_no_bias_is_none():
    result = check(reinforce, ROBOT, network(ROBOT), batch=2, **QUICK)
    assert result.verdict == "unbiased"
    assert result.limit is None
