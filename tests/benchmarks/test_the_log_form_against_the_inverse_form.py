"""A claim to measure: is the log-probability form of the loss cheaper than the 1/p form?

Forward and backward on the same batch, in turn, so that a slow minute slows both. The figures are printed; nothing is
asserted about time, only that both do the same work.
"""

import statistics
import time

import pytest
import torch

from gradcheck import LinearPolicy, estimators, games, sample

pytestmark = pytest.mark.benchmark

ROUNDS = 40


def seconds(loss, policy, batch):
    policy.zero_grad()
    began = time.perf_counter()
    loss(policy, batch).backward()
    return time.perf_counter() - began


@pytest.mark.parametrize("size", [100, 10_000, 1_000_000])
def test_forward_and_backward(size, capsys):
    policy = LinearPolicy(games.robot(), games.robot_policy())
    batch = sample(games.robot(), policy, size, seed=0)
    rounds = ROUNDS if size < 1_000_000 else 5
    pairs = []
    gradients = {}
    for _ in range(rounds + 1):  # the first round warms up
        pair = {}
        for name in ("log_prob", "inverse_prob"):
            pair[name] = seconds(getattr(estimators, name), policy, batch)
            gradients[name] = policy.layer.weight.grad.clone()
        pairs.append(pair)
    ratios = [pair["inverse_prob"] / pair["log_prob"] for pair in pairs[1:]]
    log = statistics.median(pair["log_prob"] for pair in pairs[1:])
    with capsys.disabled():
        print(f"\n{size:>9,} episodes: log form {1e3 * log:.3g} ms; 1/p form {statistics.median(ratios):.2f} x that")
    torch.testing.assert_close(gradients["log_prob"], gradients["inverse_prob"], rtol=1e-9, atol=1e-9)
