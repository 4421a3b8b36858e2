"""The gradient of the summed values is the sum of the gradients batch by batch, to rounding; and a batch whose
gradient is not a number is counted with its probability, whether or not its value is one."""

from functools import partial

import pytest
import torch

from gradcheck import games
from gradcheck.checking.expectation.enumerated import mean_gradients
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.batches import WeightedBatches, enumerate_draws
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.policies import TabularPolicy
from gradcheck.estimators.policy_gradients import log_prob
from gradcheck.estimators.weights import normalised
from gradcheck.tree.unroll import unroll


def by_item(policy, episodes):
    """It asks a tensor for its number, and cannot be vectorised."""
    return log_prob(policy, episodes) * episodes.rewards.sum().item()


def infinite_value(policy, episodes):
    """Its value is infinite on the batches that lose, and its gradient on none."""
    return log_prob(policy, episodes) + torch.where(episodes.rewards.sum() < 0, torch.inf, 0.0)


def nan_gradient(policy, episodes):
    """Its value is finite on every batch, and its gradient 0 / 0 on those that lose."""
    logits = policy(episodes.observations)
    zero = (logits - logits.detach()).nan_to_num(0.0).square().sum()
    return log_prob(policy, episodes) + (zero + (episodes.rewards.sum() >= 0)).sqrt()


def calls_backward(policy, episodes):
    """It leaves the gradient in ``.grad``."""
    log_prob(policy, episodes).backward()


def decays(policy, episodes):
    """It changes the policy's parameters, which counts as a step along its gradient."""
    with torch.no_grad():
        policy.logits *= 0.9
    return log_prob(policy, episodes)


def constant(policy, episodes):
    """It has no gradient."""
    del policy
    return episodes.rewards.sum()


LOSSES = {
    "log_prob": log_prob,
    "normalised": partial(log_prob, weights=normalised),
    "by_item": by_item,
    "infinite_value": infinite_value,
    "nan_gradient": nan_gradient,
    "calls_backward": calls_backward,
    "decays": decays,
    "constant": constant,
}
POLICY = TabularPolicy(games.robot(), games.robot_policy())


def all_batches(size):
    every = all_episodes(unroll(games.robot(), merge=False), games.robot_policy())
    return WeightedBatches(every.episodes, *enumerate_draws(every.probabilities, size, ordered=False))


def gradient_of(name):
    parameters = dict(POLICY.named_parameters())
    return LossGradient(LOSSES[name], POLICY, parameters, where="here", learning_rate=0.1, allow_nan=True)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # of a batch of one step, which is one of the cases
def test_mean_and_undefined_are_those_batch_by_batch(name, size):
    batches, before = all_batches(size), POLICY.logits.detach().clone()
    (result,) = mean_gradients([gradient_of(name)], batches)
    alone = gradient_of(name)
    gradients = torch.stack([alone.of(batches[number]) for number in range(len(batches))])
    finite = gradients.isfinite().all(dim=1)
    weights = torch.as_tensor(batches.weights)
    assert result.undefined == pytest.approx(float(weights[~finite].sum()), abs=1e-12)
    if finite.all():
        torch.testing.assert_close(result.mean, weights @ gradients, rtol=0, atol=1e-12)
    else:
        assert not result.mean.isfinite().all()
    assert torch.equal(POLICY.logits.detach(), before)


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")
def test_control_some_batches_have_no_gradient_and_others_do():
    for name, size in [("normalised", 1), ("nan_gradient", 2)]:
        (result,) = mean_gradients([gradient_of(name)], all_batches(size))
        assert 0.1 < result.undefined < 0.9
    (result,) = mean_gradients([gradient_of("infinite_value")], all_batches(2))
    assert result.undefined == 0


def test_several_losses_at_once_are_told_apart():
    names = ["log_prob", "by_item", "constant"]
    together = mean_gradients([gradient_of(name) for name in names], all_batches(3))
    for name, result in zip(names, together, strict=True):
        (alone,) = mean_gradients([gradient_of(name)], all_batches(3))
        torch.testing.assert_close(result.mean, alone.mean, rtol=0, atol=1e-15)
    assert len({tuple(result.mean.tolist()) for result in together}) == 3
