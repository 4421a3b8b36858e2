"""Random numbers are random wherever they come from, and what a loss keeps between calls is not taken for them."""

import functools
import random
import secrets

import numpy as np
import pytest
import torch
from numpy.random import default_rng as new_generator
from torch import nn
from torch.distributions import Categorical

from gradcheck import InvalidArgument, check, games

OPTIONS = {"counterexample": False, "all_conditions": False, "batch": 2}
GAME, TABLE = games.stop_go(), {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
NUMPYS = np.random.default_rng(0)
TORCHS = torch.Generator().manual_seed(0)


def plain(policy, e):
    return -(Categorical(logits=policy(e.observations)).log_prob(e.actions) * e.future_returns).sum() / e.num_episodes


def weighed(policy, e, number):
    """An independent factor of mean 1, within 0.75 and 1.25."""
    return plain(policy, e) * (0.75 + 0.5 * float(number))


def global_of_numpy(policy, e):
    return weighed(policy, e, NUMPYS.random())


def global_of_torch(policy, e):
    return weighed(policy, e, torch.rand((), generator=TORCHS))


def made_in_each_call(policy, e):
    return weighed(policy, e, np.random.default_rng().random())


def made_by_another_name(policy, e):
    return weighed(policy, e, new_generator().random())


def made_by_python(policy, e):
    return weighed(policy, e, random.Random().random())


def of_the_system(policy, e):
    return weighed(policy, e, secrets.randbelow(1000) / 999)


def default(policy, e, *, numbers=np.random.RandomState(0)):  # noqa: B008 - as people do
    return weighed(policy, e, numbers.rand())


def through_a_helper(policy, e):
    return weighed(policy, e, helper())


def helper():
    return NUMPYS.random()


def partial(numbers, policy, e):
    return weighed(policy, e, numbers.random())


class Holds:
    def __init__(self):
        self.settings = {"generators": [random.Random(0)]}

    def __call__(self, policy, e):
        return weighed(policy, e, self.settings["generators"][0].random())


def closed_over():
    numbers = random.Random(0)
    return lambda policy, e: weighed(policy, e, numbers.random())


LOSSES = {
    "a global of numpy": (global_of_numpy, "a numpy Generator that it holds"),
    "a global of torch": (global_of_torch, "a torch Generator that it holds"),
    "made in each call": (made_in_each_call, "a generator that it makes anew in each call"),
    "made by another name": (made_by_another_name, "a generator that it makes anew in each call"),
    "made by Python": (made_by_python, "a generator that it makes anew in each call"),
    "of the system": (of_the_system, "a generator that it makes anew in each call"),
    "a default": (default, "a numpy RandomState that it holds"),
    "through a helper": (through_a_helper, "a numpy Generator that it holds"),
    "a partial function": (functools.partial(partial, random.Random(0)), "a random Random that it holds"),
    "an attribute": (Holds(), "a random Random that it holds"),
    "closed over": (closed_over(), "a random Random that it holds"),
    "torch's": (lambda policy, e: weighed(policy, e, torch.rand(())), "torch's global generator"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_without_draws_the_message_says_so_and_which(name):
    loss, source = LOSSES[name]
    with pytest.raises(InvalidArgument, match=f"a loss that draws no random numbers.*It draws from {source}"):
        check(loss, GAME, TABLE, **OPTIONS)


@pytest.mark.parametrize("name", LOSSES)
def test_with_draws_they_are_judged(name):
    result = check(LOSSES[name][0], GAME, TABLE, draws=200, **OPTIONS)
    assert not result.exact
    assert result.verdict in ("unbiased", "inconclusive")


@pytest.mark.parametrize("name", ["a global of numpy", "a global of torch", "a default", "an attribute"])
def test_the_same_draws_come_again_because_generators_are_left_as_they_were(name):
    loss, _ = LOSSES[name]
    first, second = (check(loss, GAME, TABLE, draws=70, **OPTIONS) for _ in range(2))
    assert torch.equal(first.expected_gradient, second.expected_gradient)


def test_control_fixed_seeds_are_not_random():
    def loss(policy, e):
        mask = np.random.default_rng(0).random(5) + torch.rand(5, generator=torch.Generator().manual_seed(1)).numpy()
        return plain(policy, e) * float(mask.sum())

    result = check(loss, **OPTIONS)
    assert result.exact
    assert result.verdict == "proportional"


class Counts:
    def __init__(self, numbers=None):
        self.calls, self.numbers = 0, numbers

    def __call__(self, policy, e):
        self.calls += 1
        factor = 1 if self.numbers is None else 0.75 + 0.5 * self.numbers.random()
        return plain(policy, e) * factor * self.calls


class RunningMean(nn.Module):
    """Kept by the loss; one that a policy keeps in a buffer is put back."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros((), dtype=torch.float64))

    def forward(self, policy, e):
        self.mean = 0.9 * self.mean + 0.1 * e.future_returns.mean()
        scores = Categorical(logits=policy(e.observations)).log_prob(e.actions)
        return -(scores * (e.future_returns - self.mean)).sum() / e.num_episodes * (0.75 + 0.5 * torch.rand(()))


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (Counts(), {}),
        (Counts(), {"draws": 100, "max_batches": 10, "batch": 9}),
        (Counts(random.Random(0)), {"draws": 100}),
        (RunningMean(), {"draws": 100}),
    ],
    ids=["counts", "counts, many batches", "counts and draws", "keeps a mean and draws"],
)
def test_what_is_kept_between_calls_is_refused_with_and_without_draws(loss, options):
    with pytest.raises(InvalidArgument, match="a loss that keeps nothing between calls"):
        check(loss, GAME, TABLE, **OPTIONS | options)


def test_control_what_the_policy_keeps_is_put_back():
    class Normalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2).double()
            self.register_buffer("calls", torch.ones(()))

        def forward(self, observations):
            return self.layer(observations)

    def loss(policy, e):
        policy.calls += 1
        return plain(policy, e) * policy.calls

    policy = Normalised()
    result = check(loss, games.robot(), policy, **OPTIONS)
    assert (result.verdict, result.scale) == ("proportional", pytest.approx(2))
    assert policy.calls == 1
