"""Figure: subtracting a constant from the returns, and dividing them by one, keep the direction in expectation."""

from functools import partial

import pytest
import torch

from gradcheck import TabularPolicy, estimators, games, policy_gradient
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.report.finite_batch import finite_batches
from gradcheck.tree.unroll import unroll


def constant_baseline(episodes, *, mean, std):
    return (episodes.future_returns - mean) / std


@pytest.fixture(scope="module")
def setting():
    tree = unroll(games.robot())
    policy = TabularPolicy(tree, games.robot_policy())
    exact = policy_gradient(tree, policy)["logits"].reshape(-1)
    return policy, all_episodes(tree, policy), exact


@pytest.mark.parametrize(("mean", "std"), [(5.0, 1.0), (0.0, 7.2), (-3.5, 0.25)])
def test_constants_change_the_scale_and_not_the_direction(setting, mean, std):
    policy, every, exact = setting
    weights = partial(constant_baseline, mean=mean, std=std)
    loss = partial(estimators.log_prob, weights=weights)
    for row in finite_batches({"constant": loss}, policy, every, exact, [1, 2, 3]):
        assert row.direction_error == pytest.approx(0, abs=1e-13)  # rounding
        assert row.scale == pytest.approx(1 / std, rel=1e-13)


def test_control_a_baseline_that_depends_on_the_action_turns_the_direction(setting):
    policy, every, exact = setting

    def loss(policy, episodes):
        return estimators.log_prob(policy, episodes, weights=lambda e: e.future_returns - 5.0 * e.actions)

    (row,) = finite_batches({"wrong": loss}, policy, every, exact, [1])
    assert row.direction_error > 1e-4  # a billion times the rounding allowed above


def test_on_one_batch_the_mean_does_change_the_gradient(setting):
    policy, every, _ = setting
    batch = every.episodes.select([0, 4])
    plain = torch.autograd.grad(estimators.log_prob(policy, batch), policy.logits)[0]
    shifted = torch.autograd.grad(
        estimators.log_prob(policy, batch, weights=partial(constant_baseline, mean=5.0, std=1.0)), policy.logits
    )[0]
    assert (plain - shifted).abs().max() > 0.1
