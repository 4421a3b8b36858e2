"""Weights of the wrong shape and losses without a gradient are named, where torch would broadcast or raise its own."""

import pytest
import torch

from gradcheck import InvalidArgument, TabularPolicy, estimators, games, sample, train

GAME = games.robot()


def batch():
    return sample(GAME, games.robot_policy(), 5, seed=0)


def loss(**options):
    return lambda form: getattr(estimators, form)(TabularPolicy(GAME), batch(), **options)


BAD_OPTIONS = {
    "weights by name": ({"weights": "normalised"}, "weights='normalised'"),
    "an average by name": ({"average": "over_steps"}, "average='over_steps'"),
    "a maker of weights that was not called": ({"weights": estimators.from_the_start}, "discount=Episodes"),
    "weights [T, 1], which torch would multiply into [T, T]": (
        {"weights": lambda e: e.future_returns[:, None]},
        "the shape of weights",
    ),
    "a weight for each episode": ({"weights": lambda e: e.lengths.double()}, "the shape of weights"),
    "a number": ({"weights": lambda e: 1.0}, "weights(episodes)=1.0"),
}


@pytest.mark.parametrize("form", ["log_prob", "inverse_prob"])
@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options_of_the_losses(form, name):
    options, named = BAD_OPTIONS[name]
    with pytest.raises(InvalidArgument) as caught:
        loss(**options)(form)
    assert named in str(caught.value)


@pytest.mark.parametrize("discount", [2, -1, "much", float("nan")])
def test_a_discount_outside_0_to_1(discount):
    with pytest.raises(InvalidArgument, match="discount="):
        estimators.from_the_start(discount)


BAD_LOSSES = {
    "a matrix": (lambda p, e: p.logits, "the shape of loss"),
    "a float": (lambda p, e: 1.0, r"loss\(policy, episodes\)=1.0"),
    "detached": (lambda p, e: estimators.log_prob(p, e).detach(), "look for a .detach"),
    "nothing": (lambda p, e: None, r"loss\(policy, episodes\)=None"),
    "not a number": (lambda p, e: p.logits.sum() * torch.nan, "a loss that is a finite number"),
}


@pytest.mark.parametrize("name", BAD_LOSSES)
def test_training_refuses_it_before_the_policy_changes(name):
    bad, named = BAD_LOSSES[name]
    policy = TabularPolicy(GAME, games.robot_policy())
    before = policy.logits.detach().clone()
    with pytest.raises(InvalidArgument, match=named):
        train(GAME, policy, loss=bad, updates=1)
    assert torch.equal(policy.logits, before)


def test_training_refuses_the_class_of_an_optimizer():
    with pytest.raises(InvalidArgument, match="optimizer="):
        train(GAME, TabularPolicy(GAME), optimizer=torch.optim.SGD)


def test_control_good_options_are_fine():
    for options in ({"weights": estimators.normalised}, {"weights": estimators.from_the_start("1/2")}, {}):
        assert loss(**options)("log_prob").requires_grad
