"""FrozenLake 8x8 over 100 steps: value, gradient and exact moments, against stepping through it."""

import time

import gymnasium
import numpy as np
import pytest
import torch

from gradcheck import TabularPolicy, from_gymnasium, policy_gradient, unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.variance.moments import score_moments
from tests.benchmarks.side_by_side import side_by_side

pytestmark = pytest.mark.benchmark


def simulated_steps_per_second():
    env = gymnasium.make("FrozenLake-v1", map_name="8x8", max_episode_steps=100)
    env.reset(seed=0)
    env.action_space.seed(0)
    began = time.perf_counter()
    for _ in range(20_000):
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return 20_000 / (time.perf_counter() - began)


def test_frozen_lake(table):
    tree = unroll(from_gymnasium("FrozenLake-v1", map_name="8x8", horizon=100))
    legal = tree.legal_actions.sum(axis=1)
    x = np.repeat(1 / legal, legal)
    policy = TabularPolicy(tree)

    def value_and_gradient():
        found = evaluate(tree, x)
        return found.expected_return, found.partials

    # Each by itself: nothing is measured beside it, and torch's threads fall asleep while numpy has its turn.
    (both,) = side_by_side(value_and_gradient)
    (moments,) = side_by_side(lambda: score_moments(tree, x, covariance=False))
    (through_torch,) = side_by_side(lambda: policy_gradient(tree, policy))
    steps = f"Gymnasium: {simulated_steps_per_second():,.0f} steps/s"
    job = "FrozenLake 8x8, 100 steps"
    table.cost(f"{job}: value and all partials", "a clock", 1e3 * both, 20, steps, " ms")
    table.cost(f"{job}: gradient of a TabularPolicy", "a clock", 1e3 * through_torch, 20, "", " ms")
    table.cost(f"{job}: exact variances of its estimate", "a clock", 1e3 * moments, 500, "", " ms")
    assert torch.get_default_dtype() == torch.float32  # nothing above changes torch's settings
