"""One estimator, written in every form that people write it in, gets one verdict and one gradient."""

import functools

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import TabularPolicy, check, games

ROBOT = games.robot()
OPTIONS = {"counterexample": False, "all_conditions": False, "batch": 2}


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def plain(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def looped(policy, e):
    total, running = 0.0, 0.0
    for t in reversed(range(len(e.rewards))):
        running = e.rewards[t].item() + (0.0 if e.dones[t] else running)
        total = total - Categorical(logits=policy(e.observations[t])).log_prob(e.actions[t]) * running
    return total / e.num_episodes


def padded(policy, e):
    seen, mask = e.padded("observations")
    actions, returns = e.padded("actions")[0], e.padded("future_returns")[0]
    logits = policy(seen.reshape(-1, seen.shape[-1])).reshape(*mask.shape, -1)
    terms = logits.log_softmax(-1).gather(-1, actions[..., None])[..., 0] * returns
    return -(terms * mask).sum() / e.num_episodes


def calls_backward(policy, e):
    plain(policy, e).backward()


def calls_backward_and_returns_a_number(policy, e):
    value = plain(policy, e)
    value.backward()
    return value.item()


def one_backward_for_each_episode(policy, e):
    for number in range(e.num_episodes):
        (plain(policy, e.select([number])) / e.num_episodes).backward()


def steps_the_given_optimizer(policy, e, optimizer):
    optimizer.zero_grad()
    plain(policy, e).backward()
    optimizer.step()


def makes_an_optimizer(policy, e):
    optimizer = torch.optim.SGD(policy.parameters(), lr=0.25)
    optimizer.zero_grad()
    plain(policy, e).backward()
    optimizer.step()


class AsModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))  # its own parameters are none of the policy's

    def forward(self, policy, e):
        return plain(policy, e) * self.scale


class AsObject:
    def __call__(self, policy, e):
        return plain(policy, e)


FORMS = {
    "looped": (looped, {}),
    "padded": (padded, {}),
    "calls backward": (calls_backward, {}),
    "calls backward and returns a number": (calls_backward_and_returns_a_number, {}),
    "one backward for each episode": (one_backward_for_each_episode, {}),
    "steps the optimizer it is given": (steps_the_given_optimizer, {}),
    "makes an optimizer": (makes_an_optimizer, {"learning_rate": 0.25}),
    "a module": (AsModule(), {}),
    "an object": (AsObject(), {}),
    "a partial function": (functools.partial(lambda factor, policy, e: plain(policy, e) * factor, 1.0), {}),
    "shape [1]": (lambda policy, e: plain(policy, e).reshape(1), {}),
}


def layer():
    torch.manual_seed(0)
    return nn.Linear(2, 2).double()


@pytest.mark.parametrize("name", FORMS)
def test_every_form_has_the_gradient_of_the_plain_one(name):
    loss, more = FORMS[name]
    wanted, found = check(plain, ROBOT, layer(), **OPTIONS), check(loss, ROBOT, layer(), **OPTIONS, **more)
    assert found.verdict == "unbiased"
    assert found.expected_gradient.tolist() == pytest.approx(wanted.expected_gradient.tolist(), abs=1e-12)
    assert found.variance.tolist() == pytest.approx(wanted.variance.tolist(), abs=1e-12)


@pytest.mark.parametrize("name", [name for name in FORMS if name not in ("looped", "padded")])  # written out
def test_control_the_same_forms_of_a_wrong_loss_do_not_pass(name, monkeypatch):
    right = globals()["log_probs"]
    monkeypatch.setitem(globals(), "log_probs", lambda policy, e: right(policy, e) * (1 + e.time_steps))
    loss, more = FORMS[name]
    assert check(loss, ROBOT, layer(), **OPTIONS, **more).verdict == "biased"


class ActorCritic(nn.Module):
    def __init__(self, width, actions):
        super().__init__()
        self.actor, self.critic = nn.Linear(width, actions), nn.Linear(width, 1)

    def forward(self, observations):
        return self.actor(observations), self.critic(observations).squeeze(-1)


def actor_critic(policy, e):
    logits, values = policy(e.observations)
    scores = Categorical(logits=logits).log_prob(e.actions)
    actor = -(scores * (e.future_returns - values.detach())).sum() / e.num_episodes
    return actor + 0.5 * (values - e.future_returns).square().mean()


def of_a_distribution(policy, e):
    return -(policy(e.observations).log_prob(e.actions) * e.future_returns).sum() / e.num_episodes


class Distribution(nn.Linear):
    def forward(self, observations):
        return Categorical(logits=super().forward(observations))


POLICIES = {
    "the battery's, with a critic": (actor_critic, {"policy": "logits_and_value"}),
    "the battery's distributions": (of_a_distribution, {"policy": "categorical"}),
    "a network with a critic, for the battery": (actor_critic, {"policy": ActorCritic}),
    "a network with a critic, in a game": (actor_critic, {"game": ROBOT, "policy": ActorCritic}),
    "a network of distributions": (of_a_distribution, {"game": ROBOT, "policy": Distribution(2, 2)}),
    "a table": (plain, {"game": ROBOT, "policy": games.robot_policy()}),
    "a tabular policy": (plain, {"game": ROBOT, "policy": TabularPolicy(ROBOT)}),
    "random tables": (plain, {"game": ROBOT}),
}


@pytest.mark.parametrize("name", POLICIES)
def test_policies_as_people_have_them(name):
    loss, options = POLICIES[name]
    result = check(loss, **options, **OPTIONS)
    assert result.verdict == "unbiased"
    if "critic" in name:
        assert [remark for remark in result.remarks if "float32" not in remark] == [result.remarks[0]]
        assert "no action probability depends on it" in result.remarks[0]


def test_a_networks_parameters_are_left_as_they_were():
    policy = nn.Linear(2, 2).double()
    policy.weight.grad = torch.full_like(policy.weight, 7.0)
    before = [p.detach().clone() for p in policy.parameters()]
    for loss, more in FORMS.values():
        check(loss, ROBOT, policy, **OPTIONS, **more)
    assert all(torch.equal(p, b) for p, b in zip(policy.parameters(), before, strict=True))
    assert (policy.weight.grad == 7).all()
    assert policy.bias.grad is None


def test_networks_in_float32_are_judged_at_its_rounding():
    policy = nn.Linear(2, 2)
    assert check(plain, ROBOT, policy, **OPTIONS).verdict == "unbiased"
    off = check(lambda p, e: plain(p, e) * 1.001, ROBOT, policy, **OPTIONS)
    assert off.verdict == "proportional"
    assert off.scale == pytest.approx(1.001, abs=1e-5)


def test_losses_that_compute_in_float32_are_judged_at_its_rounding():
    assert check(lambda p, e: plain(p, e).float(), **OPTIONS).verdict == "unbiased"


def test_frozen_parameters_are_not_compared_and_said_so():
    policy = nn.Linear(2, 2).double()
    policy.bias.requires_grad_(False)
    result = check(plain, ROBOT, policy, **OPTIONS)
    assert result.verdict == "unbiased"
    assert result.remarks == ("Not compared, because frozen: bias.",)
    assert {name.partition("[")[0] for name in result.probes[0].names} == {"weight"}
