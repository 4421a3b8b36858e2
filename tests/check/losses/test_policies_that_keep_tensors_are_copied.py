"""A policy that keeps what it computed last is judged under every condition, at any time."""

import threading

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import InvalidArgument, TabularGame, check, games
from gradcheck.checking.probes.copied_policy import copied

OPTIONS = {"counterexample": False, "batch": 2}
ROBOT = games.robot()


class Keeps(nn.Module):
    """Its last distribution, its last loss, a list of activations, or what it was never asked for: a lock."""

    def __init__(self, what):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.what, self.kept = nn.Linear(2, 2).double(), what, None
        if what == "lock":
            self.kept = threading.Lock()

    def forward(self, observations):
        logits = self.layer(observations)
        if self.what == "distribution":
            self.kept = Categorical(logits=logits)
        if self.what == "loss":
            self.kept = logits.square().mean()
        if self.what == "activations":
            self.kept = {"layers": [logits, logits.tanh()]}
        return logits


def importance_weighted(policy, e):
    log_ratio = Categorical(logits=policy(e.observations)).log_prob(e.actions) - e.log_probs
    whole = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, log_ratio).exp()
    totals = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)
    return -(whole * totals).mean()


@pytest.mark.parametrize("what", ["nothing", "distribution", "loss", "activations"])
def test_moved_parameters_are_judged_after_another_condition(what):
    conditions = ("complete_episodes", "moved_parameters")
    result = check(importance_weighted, ROBOT, Keeps(what), conditions=conditions, all_conditions=False, **OPTIONS)
    assert set(result.by_condition.values()) == {"unbiased"}
    assert set(result.by_condition) == set(conditions)


@pytest.mark.parametrize("what", ["distribution", "activations"])
def test_they_are_judged_when_nobody_asked_too(what):
    assert "moved_parameters" in check(importance_weighted, ROBOT, Keeps(what), **OPTIONS).by_condition


def test_what_cannot_be_copied_is_said_with_the_reason():
    policy = Keeps("lock")
    assert check(importance_weighted, ROBOT, policy, all_conditions=False, **OPTIONS).verdict == "unbiased"
    with pytest.raises(InvalidArgument, match=r"a policy that can be copied.*lock"):
        check(importance_weighted, ROBOT, policy, conditions="moved_parameters", all_conditions=False, **OPTIONS)
    notes = {result.condition: result.note for result in check(importance_weighted, ROBOT, policy, **OPTIONS).results}
    assert "cannot pickle" in notes["moved_parameters"]


def test_the_copy_shares_nothing_with_the_policy():
    policy = Keeps("distribution")
    policy(torch.ones(1, 2, dtype=torch.float64))
    policy.layer.weight.register_hook(lambda gradient: 2 * gradient)
    copy = copied(policy, with_hooks=True)
    assert copy.kept.logits.grad_fn is None
    assert torch.equal(copy.kept.logits, policy.kept.logits)
    with torch.no_grad():
        copy.layer.weight.add_(1)
    assert not torch.equal(copy.layer.weight, policy.layer.weight)
    assert len(copy.layer.weight._backward_hooks) == 1
    assert not copied(policy).layer.weight._backward_hooks


class Sure(nn.Module):
    """In float32, and nearly deterministic: float64 has to decide."""

    def __init__(self):
        super().__init__()
        self.logits, self.last = nn.Parameter(torch.tensor([9.0, 0.0, -1.0])), None

    def forward(self, observations):
        logits = self.logits.expand(len(observations), -1)
        self.last = Categorical(logits=logits)
        return logits


def test_one_in_float32_is_asked_again_in_float64():
    game = TabularGame({0: {action: [(1, "end", reward, True)] for action, reward in enumerate((1, -2, 3))}}, 0, 1)

    def loss(policy, e):
        taken = Categorical(logits=policy(e.observations)).log_prob(e.actions)
        return -(taken * e.future_returns).sum() / e.num_episodes

    assert check(loss, game, Sure(), all_conditions=False, **OPTIONS).verdict == "unbiased"
