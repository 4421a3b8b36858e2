"""``check``: the whole battery, a single game, batches per second, and what one would do without it."""

import json
import subprocess
import sys
import time
from itertools import combinations_with_replacement
from math import factorial, prod
from pathlib import Path

import numpy as np
import pytest
import torch

from gradcheck import TabularPolicy, check, games, policy_gradient, sample, unroll
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.judge import judge
from gradcheck.checking.question import read_question
from gradcheck.estimators.collectors.complete_episodes import CompleteEpisodes
from gradcheck.estimators.threads import one_thread
from tests.benchmarks.side_by_side import milliseconds, side_by_side

pytestmark = pytest.mark.benchmark

FIRST = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, str(Path.cwd()))
import torch
from gradcheck import check
from tests.benchmarks import test_checking_a_loss as here
began = time.perf_counter()
result = check(getattr(here, sys.argv[1]))
print(json.dumps([time.perf_counter() - began, str(result.verdict), [one.cause for one in result.findings]]))
"""


def taken_log_probs(policy, episodes):
    log_probs = policy(episodes.observations).log_softmax(dim=-1)
    return log_probs.gather(-1, episodes.actions[:, None]).squeeze(-1)


def right(policy, episodes):
    return -(taken_log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes


def immediate_rewards(policy, episodes):
    return -(taken_log_probs(policy, episodes) * episodes.rewards).sum() / episodes.num_episodes


def minus_batch_mean(policy, episodes):
    returns = episodes.future_returns[episodes.time_steps == 0]
    advantages = (returns - returns.mean())[episodes.episode_index]
    return -(taken_log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


def with_item(policy, episodes):
    """The same, written so that it cannot be vectorised."""
    returns = episodes.future_returns[episodes.time_steps == 0]
    advantages = (returns - returns.mean().item())[episodes.episode_index]
    return -(taken_log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


@pytest.mark.parametrize(
    ("loss", "verdict", "cause"),
    [(right, "unbiased", None), (immediate_rewards, "biased", "immediate_reward")],
    ids=["right", "wrong"],
)
def test_the_whole_battery(loss, verdict, cause, table):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FIRST, loss.__name__]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout for _ in range(5)]
    found = [json.loads(run) for run in runs]
    assert {(one[1], one[2][0] if one[2] else None) for one in found} == {(verdict, cause)}
    (again,) = side_by_side(lambda: check(loss), rounds=5)
    which = "a right loss" if cause is None else "a wrong one with its cause"
    job = f"check(loss), all games and conditions, {which}"
    table.cost(f"{job}, first call", "a clock", sorted(one[0] for one in found)[2], 1.5, "after all imports", " s")
    table.cost(f"{job}, later calls", "a clock", again, 1.5, "", " s")


def test_a_single_game(table):
    game = games.stop_go()
    policy = TabularPolicy(game)
    question = read_question(right, game, policy, batch=2)
    complete_episodes = CONDITIONS["complete_episodes"]
    assert judge(question, complete_episodes, max_batches=1000).verdict == "unbiased"
    with one_thread():
        one, whole, truth = side_by_side(
            lambda: judge(question, complete_episodes, max_batches=1000),
            lambda: check(right, game, policy, batch=2),
            lambda: policy_gradient(game, policy),
        )
    beside = f"its true gradient alone: {milliseconds(truth)}"
    table.cost("the verdict on one game at one batch size", "a clock", 1e3 * one, 50, beside, " ms")
    job = f"check(loss, game, policy, batch=2): {len(CONDITIONS)} conditions, other batch sizes"
    table.cost(job, "a clock", 1e3 * whole, 250, "", " ms")


@pytest.fixture(scope="module")
def robot():
    tree = unroll(games.robot())
    return tree, TabularPolicy(tree, games.robot_policy())


def expected_gradient(loss, tree, policy, size):
    gradient = LossGradient(loss, policy, dict(policy.named_parameters()), where="on the robot game")
    return expectation(gradient, CompleteEpisodes(tree, policy).batches(size, ordered=False))


def test_batches_per_second(robot, table):
    tree, policy = robot
    for size in (8, 12):
        with one_thread():
            found = expected_gradient(minus_batch_mean, tree, policy, size)
            (seconds,) = side_by_side(lambda n=size: expected_gradient(minus_batch_mean, tree, policy, n), rounds=5)
        rate = f"{found.num_batches:,} batches, {found.num_batches / seconds:,.0f} in a second"
        job = f"one batch of {size} episodes of the robot game, vectorised"
        table.cost(job, "a clock", 1e6 * seconds / found.num_batches, 20, rate, " µs")
    with one_thread():
        slow = expected_gradient(with_item, tree, policy, 5)
        (seconds,) = side_by_side(lambda: expected_gradient(with_item, tree, policy, 5), rounds=5)
    torch.testing.assert_close(slow.mean, expected_gradient(minus_batch_mean, tree, policy, 5).mean)
    rate = f"{slow.num_batches:,} batches, {slow.num_batches / seconds:,.0f} in a second"
    job = "one batch of 5 episodes of the robot game, a loss with .item()"
    table.cost(job, "a clock", 1e6 * seconds / slow.num_batches, 250, rate, " µs")


def by_hand(loss, tree, policy, size):
    """What one would write without gradcheck.checking: every multiset, its probability, and a backward pass."""
    every = CompleteEpisodes(tree, policy).all_episodes
    (logits,) = policy.parameters()
    total = torch.zeros_like(logits)
    for chosen in combinations_with_replacement(range(every.count), size):
        counts = np.bincount(chosen)
        weight = factorial(size) * prod(p**n / factorial(n) for p, n in zip(every.probabilities, counts.tolist()))
        (gradient,) = torch.autograd.grad(loss(policy, every.episodes.select(list(chosen))), logits)
        total -= weight * gradient
    return total.reshape(-1)


def test_against_a_loop_by_hand(robot, table):
    tree, policy = robot
    size = 6
    with one_thread():
        found = expected_gradient(minus_batch_mean, tree, policy, size)
        torch.testing.assert_close(by_hand(minus_batch_mean, tree, policy, size), found.mean)
        ours, loop = side_by_side(
            lambda: expected_gradient(minus_batch_mean, tree, policy, size),
            lambda: by_hand(minus_batch_mean, tree, policy, size),
            rounds=5,
        )
    job = f"the expected gradient over {found.num_batches:,} batches of {size} episodes"
    table.faster(job, "a loop by hand", loop / ours, 10, milliseconds(ours, loop))


def test_against_sampling(robot, table):
    """Sampling to 1 % needs var / (0.01 ‖g‖)² batches; each costs what the sampled ones cost on average."""
    tree, policy = robot
    size, tried = 4, 300
    (logits,) = policy.parameters()

    def sampled(seed):
        loss = minus_batch_mean(policy, sample(tree, policy, size, seed=seed))
        return -torch.autograd.grad(loss, logits)[0].reshape(-1)

    with one_thread():
        found = expected_gradient(minus_batch_mean, tree, policy, size)
        (exact,) = side_by_side(lambda: expected_gradient(minus_batch_mean, tree, policy, size), rounds=5)
        sampled(0)
        began = time.perf_counter()
        drawn = torch.stack([sampled(seed) for seed in range(tried)])
        each = (time.perf_counter() - began) / tried
    needed = float(found.variance.sum()) / float(0.01 * found.mean.norm()) ** 2
    error = float((drawn.mean(0) - found.mean).norm())
    assert error < 5 * float(found.variance.sum() / tried) ** 0.5  # they estimate the same
    job = f"the expected gradient at batches of {size}, to 15 digits"
    detail = f"{milliseconds(exact)}; {needed:,.0f} sampled batches of {milliseconds(each)}"
    table.faster(job, "sampled to 1 %", needed * each / exact, 100, detail)
