"""Losses about which no verdict can be right get one clear message each."""

import random

import numpy as np
import pytest
import torch
from torch.distributions import Categorical

from gradcheck import InvalidArgument, check

GENERATOR = torch.Generator().manual_seed(0)


def plain(policy, e):
    scores = Categorical(logits=policy(e.observations)).log_prob(e.actions)
    return -(scores * e.future_returns).sum() / e.num_episodes


def returns_a_vector(policy, e):
    return -Categorical(logits=policy(e.observations)).log_prob(e.actions) * e.future_returns


def returns_nan(policy, e):
    return plain(policy, e) * torch.nan


def returns_infinity(policy, e):
    return plain(policy, e) / 0.0


def has_a_gradient_of_nan(policy, e):
    return plain(policy, e) + (policy(e.observations).sum() * 0).sqrt()


def deviation_of_one_step(policy, e):
    return plain(policy, e) / e.future_returns.std()


def returns_an_integer(policy, e):
    return e.actions.sum()


def is_detached(policy, e):
    return plain(policy, e).detach()


def returns_a_number(policy, e):
    return plain(policy, e).item()


def returns_nothing(policy, e):
    plain(policy, e)


def changes_the_rewards(policy, e):
    e.rewards.mul_(2)
    return plain(policy, e)


def changes_the_parameters(policy, e):
    with torch.no_grad():
        policy.weight.add_(0.1)
    return plain(policy, e)


def draws_from_torch(policy, e):
    return plain(policy, e) * torch.rand(())


def draws_from_numpy(policy, e):
    return plain(policy, e) * float(np.random.rand())  # noqa: NPY002 - as people do


def draws_from_python(policy, e):
    return plain(policy, e) * random.random()


def draws_from_a_generator_of_its_own(policy, e):
    return plain(policy, e) * torch.rand((), generator=GENERATOR)


def shuffles(policy, e):
    return plain(policy, e.select(torch.randperm(e.num_episodes)))


class RunningMean:
    mean = 0.0

    def __call__(self, policy, e):
        self.mean = 0.9 * self.mean + 0.1 * e.future_returns.mean().item()
        scores = Categorical(logits=policy(e.observations)).log_prob(e.actions)
        return -(scores * (e.future_returns - self.mean)).sum() / e.num_episodes


class Momentum:
    optimizer = None

    def __call__(self, policy, e):
        if self.optimizer is None or self.optimizer.param_groups[0]["params"][0] is not policy.weight:
            self.optimizer = torch.optim.SGD(policy.parameters(), lr=0.1, momentum=0.9)
        self.optimizer.zero_grad()
        plain(policy, e).backward()
        self.optimizer.step()


LOSSES = {
    "returns a vector": (returns_a_vector, {}),
    "returns NaN": (returns_nan, {}),
    "returns infinity": (returns_infinity, {}),
    "has a gradient of NaN": (has_a_gradient_of_nan, {}),
    "deviation of one step": (deviation_of_one_step, {"batch": 1}),
    "returns an integer": (returns_an_integer, {}),
    "is detached": (is_detached, {}),
    "returns a number": (returns_a_number, {}),
    "returns nothing": (returns_nothing, {}),
    "changes the rewards": (changes_the_rewards, {}),
    "changes the parameters": (changes_the_parameters, {}),
    "draws from torch": (draws_from_torch, {}),
    "draws from numpy": (draws_from_numpy, {}),
    "draws from Python": (draws_from_python, {}),
    "draws from a generator of its own": (draws_from_a_generator_of_its_own, {}),
    "shuffles": (shuffles, {}),
    "keeps a running mean": (RunningMean(), {}),
    "keeps momentum": (Momentum(), {"learning_rate": 0.1}),
    "is a class": (RunningMean, {}),
    "takes one argument": (lambda policy: policy, {}),
    "takes four arguments": (lambda policy, e, gamma, beta: policy, {}),
    "is a number": (3, {}),
}


def message_of(name):
    loss, options = LOSSES[name]
    with pytest.raises(InvalidArgument) as caught:
        check(loss, **options)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # torch warns of what the test is about
@pytest.mark.parametrize("name", [name for name in LOSSES if "own" not in name and "argument" not in name])
def test_the_message_is_as_in_the_snapshot(name, snapshot):
    assert message_of(name) == snapshot


def test_messages_with_numbers_or_addresses_in_them():
    assert "It draws from a torch Generator that it holds." in message_of("draws from a generator of its own")
    assert "a function of two arguments, loss(policy, episodes)" in message_of("takes one argument")
    assert "It takes 4." in message_of("takes four arguments")


def raises(policy, e):
    raise KeyError("advantage")


def test_a_loss_that_raises_shows_where():
    with pytest.raises(KeyError) as caught:
        check(raises)
    first, second = caught.value.__notes__
    assert first.startswith("The loss raises raised this on the probe three_arms, on a batch of 4 episodes: action")
    assert second.startswith("The policies of the battery return logits; policy=")


def raises_on_some(policy, e):
    return plain(policy, e) if len(set(e.actions.tolist())) > 1 else e.actions.tolist()[99]


def test_a_loss_that_raises_on_one_batch_in_many_shows_which():
    with pytest.raises(IndexError) as caught:
        check(raises_on_some, batch=2)
    assert "on a batch of 2 episodes: action" in caught.value.__notes__[0]


def sometimes_constant(policy, e):
    """No gradient where there is nothing to learn is no mistake."""
    if (e.rewards > 0).all():
        return torch.zeros(())
    kept = (e.rewards <= 0).double()
    return -(Categorical(logits=policy(e.observations)).log_prob(e.actions) * e.future_returns * kept).sum()


def test_control_a_loss_that_is_constant_on_some_batches_is_judged():
    assert check(sometimes_constant, counterexample=False).verdict == "biased"


def test_control_the_plain_loss_is_judged():
    assert check(plain).verdict == "unbiased"
