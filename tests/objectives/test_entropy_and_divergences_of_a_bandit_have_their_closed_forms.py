"""A softmax bandit with logits (a, b, 0) and π = (1/3, 1/2, 1/6): the gradients in (a, b), worked out by hand."""

import math

import pytest
import torch

from gradcheck import TabularPolicy, games
from gradcheck.objectives import entropy_regularised, kl_regularised, true_gradient

PI = (1 / 3, 1 / 2, 1 / 6)
REFERENCE = (1 / 4, 1 / 4, 1 / 2)
NO_REWARDS = games.bandit([0, 0, 0])


def gradient(objective, game=NO_REWARDS):
    policy = TabularPolicy(game, {"arms": ("1/3", "1/2", "1/6")})
    return true_gradient(objective, game, policy)[1]["logits"][0, :2].tolist()


def reference(observations):
    return torch.tensor([REFERENCE], dtype=torch.float64).log().expand(len(observations), 3)


def test_of_the_entropy():
    H = -sum(p * math.log(p) for p in PI)
    found = gradient(entropy_regularised(1))
    assert found == pytest.approx([-p * (math.log(p) + H) for p in PI[:2]], abs=1e-15)
    assert found == pytest.approx([0.0291, -0.1591], abs=5e-5)


def test_of_the_reverse_divergence():
    KL = sum(p * math.log(p / q) for p, q in zip(PI, REFERENCE, strict=True))
    found = gradient(kl_regularised(-1, reference))  # minus: its own gradient, not that of a penalty
    assert found == pytest.approx([p * (math.log(p / q) - KL) for p, q in zip(PI[:2], REFERENCE, strict=False)])
    assert found == pytest.approx([0.00944, 0.21689], abs=5e-6)


def test_the_divergence_from_uniform_is_minus_the_entropy():
    assert gradient(kl_regularised(1)) == pytest.approx(gradient(entropy_regularised(1)), abs=1e-15)


def test_rewards_are_added():
    with_rewards = gradient(entropy_regularised(1), games.bandit([0, 1, 4]))
    told = [-7 / 18, -1 / 12]
    added = [a - b for a, b in zip(with_rewards, gradient(entropy_regularised(1)), strict=True)]
    assert added == pytest.approx(told, abs=1e-15)


def test_control_the_forward_divergence_is_another():
    forward = [p - q for p, q in zip(PI[:2], REFERENCE, strict=False)]
    assert forward == pytest.approx([1 / 12, 1 / 4])
    assert gradient(kl_regularised(-1, reference)) != pytest.approx(forward, abs=0.03)
