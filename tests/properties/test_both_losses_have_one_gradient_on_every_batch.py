"""The log-probability and the 1/p loss have the same gradient on every batch, not only on average."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gradcheck import TabularPolicy, estimators, games
from gradcheck.strategies import episodes, policies

GAME = games.robot()

#: Gradients are sums of at most 24 terms π·future return; each goes through a division and a softmax, a handful of
#: roundings of the dtype's unit, in units of the largest return, 13.
ROUNDINGS = 64


def network(dtype, seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)


def gradient(loss, policy, batch):
    return torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss(policy, batch), list(policy.parameters()))])


def cast(batch, dtype):
    floats = {n: v.to(dtype) for n, v in vars(batch).items() if isinstance(v, torch.Tensor) and v.is_floating_point()}
    return replace(batch, **floats)


@st.composite
def batches(draw):
    policy = draw(policies(GAME, positive=True))
    return draw(episodes(GAME, policy))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@settings(max_examples=100)
@given(batch=batches(), seed=st.integers(0, 2**32))
def test_in_the_parameters_of_a_network(dtype, batch, seed):
    policy, batch = network(dtype, seed), cast(batch, dtype)
    difference = gradient(estimators.log_prob, policy, batch) - gradient(estimators.inverse_prob, policy, batch)
    assert difference.abs().max() <= ROUNDINGS * torch.finfo(dtype).eps * 13


@pytest.mark.parametrize("weights", [estimators.future_returns, estimators.from_the_start(0.5)])
@pytest.mark.parametrize("average", [estimators.over_episodes, estimators.over_steps])
@settings(max_examples=100)
@given(table=policies(GAME, positive=True), batch=batches())
def test_whatever_the_weights_and_the_average(weights, average, table, batch):
    policy = TabularPolicy(GAME, table)
    gradients = [
        gradient(lambda p, b, loss=loss: loss(p, b, weights=weights, average=average), policy, batch)
        for loss in (estimators.log_prob, estimators.inverse_prob)
    ]
    assert (gradients[0] - gradients[1]).abs().max() <= ROUNDINGS * torch.finfo(torch.float64).eps * 13


def test_their_values_differ():
    policy = TabularPolicy(GAME, games.robot_policy())
    batch = estimators.sample(GAME, policy, 8, seed=0)
    assert estimators.log_prob(policy, batch) != estimators.inverse_prob(policy, batch)


def test_control_without_the_detach_the_gradient_is_gone():
    policy = TabularPolicy(GAME, games.robot_policy())
    batch = estimators.sample(GAME, policy, 8, seed=0)

    def undetached(policy, batch):
        probs = policy(batch.observations).softmax(-1).gather(-1, batch.actions[:, None]).squeeze(-1)
        return -(probs / probs * batch.future_returns).sum() / batch.num_episodes

    assert gradient(undetached, policy, batch).abs().max() < 1e-12
    assert gradient(estimators.inverse_prob, policy, batch).abs().max() > 1
