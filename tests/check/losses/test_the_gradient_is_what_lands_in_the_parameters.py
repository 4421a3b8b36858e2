"""Whatever way a loss goes, its gradient is what its backward pass leaves in the parameters that are compared."""

import functools

import pytest
import torch
from torch import nn
from torch.distributions import Categorical
from torch.utils.checkpoint import checkpoint

from gradcheck import InvalidArgument, check, games

OPTIONS = {"counterexample": False, "all_conditions": False, "batch": 2}
ROBOT = games.robot()


class ActorCritic(nn.Module):
    """The critic stands beside the actor, or on a trunk that both share."""

    def __init__(self, width, actions, *, shared=False):
        super().__init__()
        generator = torch.Generator().manual_seed(width * actions)
        self.trunk = nn.Linear(width, 3).double() if shared else nn.Identity()
        self.actor = nn.Linear(3 if shared else width, actions).double()
        self.critic = nn.Linear(3 if shared else width, 1).double()
        for parameter in self.parameters():
            nn.init.normal_(parameter, generator=generator)

    def forward(self, observations):
        features = self.trunk(observations)
        return self.actor(features), self.critic(features).squeeze(-1)


BESIDE = {"policy": ActorCritic}
SHARED = {"policy": functools.partial(ActorCritic, shared=True)}


def returns(e):
    return e.future_returns


def plain(policy, e):
    found = policy(e.observations)
    logits = found[0] if isinstance(found, tuple) else found
    return -(Categorical(logits=logits).log_prob(e.actions) * returns(e)).sum() / e.num_episodes


def value_loss(policy, e):
    return (policy(e.observations)[1] - e.future_returns).square().mean()


def trains_its_critic(policy, e):
    value_loss(policy, e).backward()
    return plain(policy, e)


def steps_its_critic(policy, e):
    optimizer = torch.optim.SGD(policy.critic.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        value_loss(policy, e).backward()
        optimizer.step()
    values = policy(e.observations)[1].detach()
    scores = Categorical(logits=policy(e.observations)[0]).log_prob(e.actions)
    before = e.observations @ torch.ones(e.observations.shape[1], dtype=torch.float64)  # known before the action
    return -(scores * (returns(e) - before)).sum() / e.num_episodes + 0 * values.sum()


def moves_a_target_network(policy, e):
    with torch.no_grad():
        for parameter in policy.critic.parameters():
            parameter.mul_(0.9)
    return plain(policy, e)


def trains_its_critic_and_forgets(policy, e):
    value_loss(policy, e).backward()
    policy.zero_grad()
    return plain(policy, e)


def trains_its_critic_on_detached_features(policy, e):
    values = policy.critic(policy.trunk(e.observations).detach()).squeeze(-1)
    (values - e.future_returns).square().mean().backward()
    return plain(policy, e)


def calls_backward_and_returns_it(policy, e):
    loss = plain(policy, e)
    loss.backward()
    return loss


def calls_backward_on_a_part_and_returns_it(policy, e):
    loss = plain(policy, e) * 3
    (loss / 3).backward(retain_graph=True)
    return loss


def sets_gradients_and_returns_it(policy, e):
    loss = plain(policy, e)
    parameters = [p for p in policy.parameters() if p.requires_grad]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    return loss


def calls_backward_and_returns_the_value_loss(policy, e):
    plain(policy, e).backward()
    return value_loss(policy, e)


def accumulates(policy, e):
    for number in range(e.num_episodes):
        loss = plain(policy, e.select([number])) / e.num_episodes
        loss.backward()
    return loss


def checkpointed(policy, e, *, reentrant):
    observations = e.observations.clone().requires_grad_()
    logits = checkpoint(policy, observations, use_reentrant=reentrant)
    return -(Categorical(logits=logits).log_prob(e.actions) * returns(e)).sum() / e.num_episodes


def walks_a_graph_of_its_own(policy, e):
    """As a reentrant checkpoint does: the graph that is returned holds no parameter."""

    class Walk(torch.autograd.Function):
        @staticmethod
        def forward(context, unused):
            with torch.enable_grad():
                context.loss = plain(policy, e)
            return context.loss.detach()

        @staticmethod
        def backward(context, gradient):
            context.loss.backward(gradient)
            return torch.zeros(())

    return Walk.apply(torch.zeros((), requires_grad=True))


def steps_in_small_steps(policy, e, *, rate):
    optimizer = torch.optim.SGD(policy.parameters(), lr=rate)
    plain(policy, e).backward()
    optimizer.step()
    optimizer.zero_grad()


def coarse_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))


COARSE = {"game": ROBOT, "policy": coarse_network()}
RIGHT = {
    "trains its critic": (trains_its_critic, BESIDE),
    "steps its critic": (steps_its_critic, BESIDE),
    "moves a target network": (moves_a_target_network, BESIDE),
    "trains its critic, then forgets": (trains_its_critic_and_forgets, SHARED),
    "trains its critic on detached features": (trains_its_critic_on_detached_features, SHARED),
    "calls backward and returns it": (calls_backward_and_returns_it, {}),
    "calls backward on a part": (calls_backward_on_a_part_and_returns_it, {}),
    "sets gradients": (sets_gradients_and_returns_it, {}),
    "calls backward and returns the value loss": (calls_backward_and_returns_the_value_loss, BESIDE),
    "accumulates": (accumulates, {}),
    "reentrant checkpoint": (functools.partial(checkpointed, reentrant=True), {}),
    "checkpoint": (functools.partial(checkpointed, reentrant=False), {}),
    "a graph of its own": (walks_a_graph_of_its_own, {}),
    "float32, steps of 1e-4": (functools.partial(steps_in_small_steps, rate=1e-4), COARSE | {"learning_rate": 1e-4}),
    "float32, steps of 1e-6": (functools.partial(steps_in_small_steps, rate=1e-6), COARSE | {"learning_rate": 1e-6}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_judged_by_that(name):
    loss, options = RIGHT[name]
    assert check(loss, **{"game": ROBOT} | options, **OPTIONS).verdict == "unbiased"


@pytest.mark.parametrize("name", RIGHT)
def test_control_the_same_with_immediate_rewards_does_not_pass(name, monkeypatch):
    monkeypatch.setitem(globals(), "returns", lambda e: e.rewards)
    loss, options = RIGHT[name]
    assert check(loss, **{"game": ROBOT} | options, **OPTIONS).verdict == "biased"


def trains_its_critic_through_the_trunk(policy, e):
    value_loss(policy, e).backward()
    return plain(policy, e)


def returns_another_loss_for_the_records(policy, e):
    plain(policy, e).backward()
    return 2 * plain(policy, e)


@pytest.mark.parametrize(
    ("loss", "options", "names"),
    [
        (trains_its_critic_through_the_trunk, SHARED, "trunk.weight, trunk.bias"),
        (returns_another_loss_for_the_records, {}, "weight, bias"),
    ],
)
def test_two_gradients_in_one_parameter_are_refused(loss, options, names):
    with pytest.raises(InvalidArgument, match=f"Both have a gradient in {names}, ") as caught:
        check(loss, **options, **OPTIONS)
    assert "policy.zero_grad()" in str(caught.value)


def hooked(register):
    torch.manual_seed(1)
    policy = nn.Linear(2, 2).double()
    register(policy.weight)
    return policy


HOOKS = {
    "does nothing": (lambda p: p.register_hook(lambda gradient: None), "unbiased"),
    "scales one parameter": (lambda p: p.register_hook(lambda gradient: 2 * gradient), "biased"),
    "clips what is large": (lambda p: p.register_hook(lambda gradient: gradient.clamp(-6, 6)), "biased"),
    "does nothing at the end": (lambda p: p.register_post_accumulate_grad_hook(lambda p: None), "unbiased"),
}


def _in_place(function):
    def hook(parameter):
        function(parameter.grad)

    return hook


HOOKS["scales at the end"] = (
    lambda p: p.register_post_accumulate_grad_hook(_in_place(lambda gradient: gradient.mul_(2))),
    "biased",
)


@pytest.mark.parametrize("name", HOOKS)
def test_hooks_on_parameters_are_part_of_the_loss_and_not_of_the_truth(name):
    register, verdict = HOOKS[name]
    assert (check(plain, ROBOT, hooked(register), **OPTIONS).verdict == "unbiased") == (verdict == "unbiased")


def test_hooks_that_a_loss_registers_act_on_single_batches():
    """Only on few batches is a gradient as large as that."""

    def loss(policy, e, *, most):
        logits = policy(e.observations)
        if logits.requires_grad:
            logits.register_hook(lambda gradient: gradient.clamp(-most, most))
        return -(Categorical(logits=logits).log_prob(e.actions) * e.future_returns).sum() / e.num_episodes

    assert check(functools.partial(loss, most=1e9), ROBOT, **OPTIONS).verdict == "unbiased"  # control
    assert check(functools.partial(loss, most=3.0), ROBOT, **OPTIONS).verdict != "unbiased"


def test_gradients_elsewhere_are_left_as_they_were():
    temperature = torch.ones((), dtype=torch.float64, requires_grad=True)
    temperature.grad = torch.full_like(temperature, 7.0)
    policy = ActorCritic(2, 2)
    policy.critic.weight.grad = torch.full_like(policy.critic.weight, 3.0)
    before = {name: tensor.clone() for name, tensor in policy.state_dict().items()}
    loss = lambda policy, e: steps_its_critic(policy, e) * temperature  # noqa: E731 - its closure is what is tested
    assert check(loss, ROBOT, policy, **OPTIONS).verdict == "unbiased"
    assert temperature.grad == 7
    assert (policy.critic.weight.grad == 3).all()
    assert policy.actor.weight.grad is None
    assert all(torch.equal(tensor, before[name]) for name, tensor in policy.state_dict().items())


class TwoHeads(nn.Module):
    """One torso, registered in two places."""

    def __init__(self, width, actions):
        super().__init__()
        torso = nn.Sequential(nn.Linear(width, 3), nn.Tanh())
        self.pi = nn.Sequential(torso, nn.Linear(3, actions)).double()
        self.v = nn.Sequential(torso, nn.Linear(3, 1)).double()

    def forward(self, observations):
        return self.pi(observations), self.v(observations).squeeze(-1)


def test_modules_registered_twice_stay_what_they_are():
    policy = TwoHeads(2, 2)
    assert check(plain, ROBOT, policy, **OPTIONS).verdict == "unbiased"
    assert isinstance(policy.pi[0][0].weight, nn.Parameter)
    assert policy.pi[0][0].weight is policy.v[0][0].weight
    assert check(lambda p, e: plain(p, e) + value_loss(p, e), ROBOT, policy, **OPTIONS).verdict == "biased"  # control
