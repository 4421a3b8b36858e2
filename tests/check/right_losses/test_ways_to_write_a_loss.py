"""The same gradient, however it is written, called and stepped: unbiased, or with the scale that it has."""

import functools

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import check
from tests.check.right_losses.two_steps import GAME, QUICK, TABLE, log_probs, logits_of, per_episode, plain, totals

TWO = {"batch": 2}


def closure(factor):
    def loss(policy, e):
        return plain(policy, e) * factor

    return loss


class Stateless:
    def __init__(self, discount):
        self.discount = discount

    def __call__(self, policy, e):
        return -(log_probs(policy, e) * self.returns(e)).sum() / e.num_episodes

    def returns(self, e):
        running, found = 0.0, []
        for reward, done in zip(reversed(e.rewards.tolist()), reversed(e.dones.tolist()), strict=True):
            running = reward + self.discount * running * (not done)
            found.append(running)
        return torch.tensor(found[::-1], dtype=torch.float64)

    def method(self, policy, e):
        return self(policy, e)


class AsModule(nn.Module):
    def forward(self, policy, e):
        return plain(policy, e)


def scaled(factor, policy, e):
    return factor * plain(policy, e)


def backward_twice(policy, e):
    """Halves of the loss, one after the other."""
    (plain(policy, e) / 2).backward()
    (plain(policy, e) / 2).backward()


def accumulated(policy, e):
    for i in range(e.num_episodes):
        one = e.select([i])
        (plain(policy, one) / e.num_episodes).backward()


def updates(policy, e, optimizer):
    optimizer.zero_grad()
    plain(policy, e).backward()
    optimizer.step()


def updates_by_hand(policy, e):
    gradients = torch.autograd.grad(plain(policy, e), list(policy.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(policy.parameters(), gradients, strict=True):
            parameter.sub_(0.25 * gradient)


def updates_with_sgd(policy, e):
    optimizer = torch.optim.SGD(policy.parameters(), lr=0.01)
    loss = plain(policy, e)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def magic_box(policy, e):
    """DiCE: the product of π / detach(π) over all that was decided up to a reward, times the reward."""
    before = (e.episode_index[:, None] == e.episode_index) & (e.time_steps <= e.time_steps[:, None])
    tau = before.double() @ log_probs(policy, e)
    return -((tau - tau.detach()).exp() * e.rewards).sum() / e.num_episodes


def from_probabilities(policy, e):
    distribution = Categorical(probs=logits_of(policy, e).softmax(-1))
    return -(distribution.log_prob(e.actions) * e.future_returns).sum() / e.num_episodes


def one_hot(policy, e):
    chosen = nn.functional.one_hot(e.actions, 3).double()
    return -((chosen * logits_of(policy, e).log_softmax(-1)).sum(-1) * e.future_returns).sum() / e.num_episodes


def logits_minus_normaliser(policy, e):
    logits = logits_of(policy, e)
    scores = logits.gather(1, e.actions[:, None]).squeeze(1) - logits.logsumexp(-1)
    return -(scores * e.future_returns).sum() / e.num_episodes


def likelihood_of_episodes(policy, e):
    return -(per_episode(e, log_probs(policy, e)) * totals(e)).mean()


def first_epoch_of_ppo(policy, e):
    ratio = (log_probs(policy, e) - e.log_probs).exp()
    clipped = ratio.clamp(0.8, 1.2)
    return -torch.min(ratio * e.future_returns, clipped * e.future_returns).sum() / e.num_episodes


def own_function(policy, e):
    class Weighted(torch.autograd.Function):
        @staticmethod
        def forward(context, scores, weights):
            context.save_for_backward(weights)
            return -(scores * weights).sum()

        @staticmethod
        def backward(context, gradient):
            return -context.saved_tensors[0] * gradient, None

    return Weighted.apply(log_probs(policy, e), e.future_returns) / e.num_episodes


def in_numpy(policy, e):
    """Everything that has no gradient, in numpy's float64."""
    rewards, index = e.rewards.numpy(), e.episode_index.numpy()
    weights = [(rewards[t:] * (index[t:] == index[t])).sum() for t in range(len(rewards))]
    return -(log_probs(policy, e) * torch.tensor(weights, dtype=torch.float64)).sum() / e.num_episodes


def with_a_value_beside(policy, e):
    """What is added has a gradient of zero on average, and on each batch another."""
    return plain(policy, e) + log_probs(policy, e).sum() * 3


def hooks_that_do_nothing(policy, e):
    scores = log_probs(policy, e)
    if scores.requires_grad:
        scores.register_hook(lambda gradient: gradient.clone())
    return -(scores * e.future_returns).sum() / e.num_episodes


RIGHT = {
    "a closure": (closure(1.0), {}, "unbiased"),
    "an object": (Stateless(1.0), {}, "unbiased"),
    "a method": (Stateless(1.0).method, {}, "unbiased"),
    "a module": (AsModule(), {}, "unbiased"),
    "a partial function": (functools.partial(scaled, 1.0), {}, "unbiased"),
    "a third of it": (functools.partial(scaled, 1 / 3), {}, "proportional"),
    "a closure over 7": (closure(7.0), {}, "proportional"),
    "backward twice": (backward_twice, {}, "unbiased"),
    "accumulated": (accumulated, {}, "unbiased"),
    "an update": (updates, {}, "unbiased"),
    "an update by hand": (updates_by_hand, {"learning_rate": 0.25}, "unbiased"),
    "an update with SGD": (updates_with_sgd, {"learning_rate": 0.01}, "unbiased"),
    "DiCE": (magic_box, {}, "unbiased"),
    "from probabilities": (from_probabilities, {}, "unbiased"),
    "one-hot": (one_hot, {}, "unbiased"),
    "logits less their normaliser": (logits_minus_normaliser, {}, "unbiased"),
    "likelihood of episodes": (likelihood_of_episodes, {}, "unbiased"),
    "first epoch of PPO": (first_epoch_of_ppo, {}, "unbiased"),
    "a function with its own backward": (own_function, {}, "unbiased"),
    "in numpy": (in_numpy, {}, "unbiased"),
    "with scores beside it": (with_a_value_beside, {}, "unbiased"),
    "hooks that do nothing": (hooks_that_do_nothing, {}, "unbiased"),
    "mean over steps": (lambda policy, e: -(log_probs(policy, e) * e.future_returns).mean(), {}, "consistent"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_it_has_its_verdict(name):
    loss, options, verdict = RIGHT[name]
    assert check(loss, GAME, TABLE, **options, **TWO, **QUICK).verdict == verdict


CONTROLS = {
    "discounted": Stateless(0.5),
    "the wrong sign": functools.partial(scaled, -1.0),
    "weighted by the last return": lambda policy, e: (plain(policy, e) * e.future_returns[-1]).backward(),
    "DiCE without the steps before": lambda policy, e: (
        -((log_probs(policy, e) - log_probs(policy, e).detach()).exp() * e.rewards).sum() / e.num_episodes
    ),
    "likelihood of episodes, averaged over steps": lambda policy, e: (
        -(per_episode(e, log_probs(policy, e)) / e.lengths * totals(e)).mean()
    ),
    "entropy beside it": lambda policy, e: (
        plain(policy, e) - 0.1 * Categorical(logits=logits_of(policy, e)).entropy().sum() / e.num_episodes
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_with_one_mistake_it_does_not_pass(name):
    assert not check(CONTROLS[name], GAME, TABLE, **TWO, **QUICK)
