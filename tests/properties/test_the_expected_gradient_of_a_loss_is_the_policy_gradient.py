"""Averaged over all episodes with their probabilities, the gradient of either loss is ∇R, through any network."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gradcheck import LinearPolicy, TabularPolicy, estimators, games, policy_gradient
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.report.estimates import episode_gradients
from gradcheck.strategies import policies, robot_games
from gradcheck.tree.unroll import unroll

LOSSES = {"log_prob": estimators.log_prob, "inverse_prob": estimators.inverse_prob}

#: Rewards up to 100 over three steps, five episodes, float64: a hundred roundings of terms up to 300.
ROUNDING = 100 * 300 * 2.0**-53


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def expected_gradient(loss, policy, game):
    every = all_episodes(unroll(game), policy)
    return every.probabilities @ episode_gradients(loss, policy, every.episodes)


def exact(policy, game):
    return torch.cat([value.reshape(-1) for value in policy_gradient(game, policy).values()]).numpy()


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=60)
@given(game=robot_games(), seed=st.integers(0, 2**32))
def test_through_a_network(loss, game, seed):
    policy = network(seed)
    difference = expected_gradient(LOSSES[loss], policy, game) - exact(policy, game)
    assert abs(difference).max() <= ROUNDING


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", [TabularPolicy, LinearPolicy])
@settings(max_examples=60)
@given(game=robot_games(), table=policies(games.robot(), positive=True))
def test_through_a_table_and_a_linear_layer(loss, kind, game, table):
    policy = kind(game, table)
    difference = expected_gradient(LOSSES[loss], policy, game) - exact(policy, game)
    assert abs(difference).max() <= ROUNDING


def off_by_one(policy, batch):
    return estimators.log_prob(policy, batch, weights=lambda e: e.future_returns - e.rewards)


def forgotten_inverse(policy, batch):
    probs = policy(batch.observations).softmax(-1).gather(-1, batch.actions[:, None]).squeeze(-1)
    return -(probs * batch.future_returns).sum() / batch.num_episodes


def flipped_sign(policy, batch):
    return -estimators.log_prob(policy, batch)


@pytest.mark.parametrize("wrong", [off_by_one, forgotten_inverse, flipped_sign])
def test_control_a_wrong_loss_has_another_expectation(wrong):
    policy = TabularPolicy(games.robot(), games.robot_policy())
    difference = expected_gradient(wrong, policy, games.robot()) - exact(policy, games.robot())
    assert abs(difference).max() > 0.1
