"""Where a sampled range cannot be trusted, nothing is refuted: a right loss may have rare gradients of any size.

Each loss here is unbiased: what it draws has a mean of 1, and is independent of the batch. Before the draws show how
large it can be, its mean looks wrong. None of it may be called biased under any seed; *inconclusive* is what can be
known.
"""

import functools

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import TabularGame, check
from gradcheck.checking.expectation.betting_test import decide
from tests.exhaustive import the_first

OPTIONS = {"counterexample": False, "all_conditions": False}
SEEDS = range(2)


def chain(length, accident=None):
    """As many decisions; the second action of each pays 1, or 1 less a rare cost whose mean is 1."""
    p = 0 if accident is None else accident
    rows = {}
    for i in range(length):
        last = i + 1 == length
        paid = [(1 - p, i + 1, 1, last)] + ([(p, i + 1, 1 - round(1 / p), last)] if p else [])
        rows[i] = {0: [(1, i + 1, 0, last)], 1: paid}
    return TabularGame(rows, 0, length)


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def weighted(policy, e, weights):
    return -(log_probs(policy, e) * e.future_returns * weights).sum() / e.num_episodes


def later_steps_at_times(policy, e, *, kept):
    """Steps after the first are learned from seldom, and then weigh the more."""
    at_times = (torch.rand(len(e.rewards)) < kept) / kept
    return weighted(policy, e, torch.where(e.time_steps > 0, at_times, 1.0).double())


def russian_roulette(policy, e):
    survives = 0.5 ** e.time_steps.double()
    return weighted(policy, e, (torch.rand(len(survives)) < survives) / survives)


def whole_batch_at_times(policy, e):
    return weighted(policy, e, 500.0) if torch.rand(()) < 1 / 500 else weighted(policy, e, 0.0)


def log_normal(policy, e):
    return weighted(policy, e, (4 * torch.randn(len(e.rewards)).double() - 8).exp())


def pareto(policy, e):
    return weighted(policy, e, torch.rand(len(e.rewards)).double() ** -0.9 * 0.1)


def shuffled(policy, e):
    return weighted(policy, e.select(torch.randperm(e.num_episodes)), 1.0)


def one_layer(observation_size, num_actions):
    torch.manual_seed(0)
    return nn.Linear(observation_size, num_actions).double()


RIGHT = {
    "later steps, 1/100": (functools.partial(later_steps_at_times, kept=0.01), chain(3), {}),
    "later steps, 1/1000": (functools.partial(later_steps_at_times, kept=0.001), chain(3), {}),
    "later steps, a network": (functools.partial(later_steps_at_times, kept=0.001), chain(3), {"policy": one_layer}),
    "russian roulette": (russian_roulette, chain(7), {}),
    "the whole batch": (whole_batch_at_times, chain(2), {}),
    "log-normal weights": (log_normal, chain(2), {}),
    "weights of a power law": (pareto, chain(2), {}),
    "accident of 1/1000": (shuffled, chain(3, accident=0.001), {}),
    "accident of 1/100000": (shuffled, chain(3, accident=0.00001), {}),
}


@pytest.mark.parametrize("name", the_first(4, RIGHT))
def test_none_of_it_is_called_biased(name):
    loss, game, options = RIGHT[name]
    found = [check(loss, game, batch=2, draws=1_000, seed=seed, **options, **OPTIONS).verdict for seed in SEEDS]
    assert set(found) <= {"unbiased", "inconclusive"}


@pytest.mark.parametrize("largest", [True, False])
def test_episodes_that_were_never_drawn_are_looked_at(largest):
    """Of batches too many to list; an accident has a large gradient by itself, or all others have one beside it."""

    def loss(policy, e):
        """The largest or the least of the others' returns is a baseline as good as any, and no sum over pairs."""
        itself = torch.eye(e.num_episodes, dtype=torch.bool)
        others = e.future_returns.expand(e.num_episodes, -1).masked_fill(itself, -torch.inf if largest else torch.inf)
        baseline = others.amax(1) if largest else others.amin(1)
        return -(log_probs(policy, e) * (e.future_returns - baseline)).sum() / e.num_episodes

    game = chain(1, accident=0.0001)
    found = [check(loss, game, batch=8, max_batches=40, draws=1_000, seed=s, **OPTIONS) for s in SEEDS]
    assert {result.verdict for result in found} <= {"unbiased", "inconclusive"}
    assert not any(result.exact for result in found)
    remarks = [remark for remark in found[0].remarks if remark.startswith("Sampled")]
    assert "with each of the episodes among them" in remarks[0]


def halved(policy, e):
    """Light tails: half of the steps at twice their weight."""
    return weighted(policy, e, 2.0 * (torch.rand(len(e.rewards)) < 0.5))


def test_control_losses_with_light_tails_are_still_refuted():
    for wrong in (lambda policy, e: -halved(policy, e), lambda policy, e: halved(policy, e) - 3 * entropy(policy, e)):
        result = check(wrong, chain(2), batch=2, draws=10_000, **OPTIONS)
        assert result.verdict == "biased"
        assert result.confidence == 1 - 1e-6
        (remark,) = (remark for remark in result.remarks if remark.startswith("Sampled"))
        assert "the loss draws numbers of its own" in remark


def entropy(policy, e):
    return Categorical(logits=policy(e.observations)).entropy().sum() / e.num_episodes


def test_a_truth_of_zero_is_no_reason_to_refute_either():
    """Nothing is proportional to it, and it has no scale that could be off."""
    rng = np.random.default_rng(0)
    facts = {"variance": [1, 1], "bounds": ([-1, -1], [1, 1]), "max_draws": 3_000}
    assert decide(coins(rng), [0, 0], **facts).decision == "undecided"
    assert decide(lambda count: coins(rng)(count) * 0.5 + 0.4, [0, 0], **facts).decision == "reject"  # control


def coins(rng):
    return lambda count: rng.choice([-1.0, 1.0], size=(count, 2))


@pytest.mark.parametrize("steady", [False, True])
def test_a_coordinate_that_never_changed_refutes_nothing(steady):
    """The second coordinate was 0 in all draws, or is; its mean should be 1."""
    rng = np.random.default_rng(0)

    def draw(count):
        X = coins(rng)(count)
        X[:, 1] *= 0 if steady else 1
        return X

    facts = {"variance": [1, 1], "bounds": ([-9, -9], [9, 9]), "earlier": draw(64), "max_draws": 3_000}
    assert decide(draw, [0, 1], **facts, tail=30).decision == ("undecided" if steady else "reject")
    assert decide(draw, [0, 1], **facts).decision == "reject"  # control: where bounds are known
