"""A right loss with numbers in float32 somewhere keeps its verdict: constants, weights, returns, ratios, networks.

Nothing here is exact in binary: discounts of 0.9, rewards in tenths.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import TabularGame, check
from tests.check.right_losses.two_steps import QUICK, log_probs, per_episode, plain, score_loss, totals

ROWS = {
    "a": {
        0: [(1, "b", "0.1", False)],
        1: [("0.3", "b", "-0.7", False), ("0.7", "e", "1.3", True)],
        2: [(1, "e", 0, True)],
    },
    "b": {0: [(1, "e", "2.9", True)], 1: [(1, "e", "-1.7", True)], 2: [(1, "e", "0.6", True)]},
}
SEEN = {"a": (0.5, -1.0), "b": (1.0, 2.0)}
GAME = TabularGame(ROWS, "a", 2, observations=SEEN, discount="0.9")
UNDISCOUNTED = TabularGame(ROWS, "a", 2, observations=SEEN)
TABLE = {(0.5, -1.0): (0.5, 0.3, 0.2), (1.0, 2.0): (0.2, 0.2, 0.6)}
TWO, THREE = {"batch": 2}, {"batch": 3}


def others_mean(e, returns):
    return ((returns.sum() - returns) / (e.num_episodes - 1))[e.episode_index]


def returns_in_float32(policy, e):
    return score_loss(policy, e, e.future_returns.float())


def returns_of_a_list(policy, e):
    return score_loss(policy, e, torch.tensor(e.future_returns.tolist()))


def scaled_in_float32(policy, e):
    return score_loss(policy, e, 0.1 * e.future_returns.float())


def leave_one_out_in_float32(policy, e):
    returns = totals(e).float()
    return score_loss(policy, e, returns[e.episode_index] - others_mean(e, returns))


def leave_one_out_in_numpy(policy, e):
    returns = totals(e).numpy().astype(np.float32)
    baselines = (returns.sum() - returns) / (len(returns) - 1)
    return score_loss(policy, e, torch.from_numpy(returns - baselines)[e.episode_index])


def batch_mean_in_float32(policy, e):
    returns = totals(e).float()
    return score_loss(policy, e, (returns - returns.mean())[e.episode_index])


def baseline_in_float32(policy, e):
    return score_loss(policy, e, e.future_returns - torch.tensor([0.7, -0.3])[e.time_steps])


def old_log_probs_in_float32(policy, e):
    ratio = (log_probs(policy, e) - e.log_probs.float()).exp()
    return -(ratio * e.future_returns).sum() / e.num_episodes


def logits_in_float32(policy, e):
    scores = Categorical(logits=policy(e.observations).float()).log_prob(e.actions)
    return -(scores * e.future_returns).sum() / e.num_episodes


def value_in_float32(policy, e):
    return plain(policy, e).float()


def mask_in_float32(policy, e):
    returns, mask = e.padded("future_returns")
    scores = torch.zeros(mask.shape, dtype=torch.float64).index_put(
        (e.episode_index, e.time_steps), log_probs(policy, e)
    )
    return -((scores * returns) * (mask.float() / 3)).sum(1).mean() * 3


def sum_in_float32(policy, e):
    by_episode = per_episode(e, log_probs(policy, e) * e.future_returns)
    return -by_episode.float().mean()


UNBIASED = {
    "returns": (returns_in_float32, TWO),
    "returns of a list": (returns_of_a_list, TWO),
    "leave-one-out": (leave_one_out_in_float32, THREE),
    "leave-one-out in numpy": (leave_one_out_in_numpy, THREE),
    "baseline": (baseline_in_float32, TWO),
    "old log-probabilities": (old_log_probs_in_float32, TWO),
    "logits": (logits_in_float32, TWO),
    "the value": (value_in_float32, TWO),
    "mask": (mask_in_float32, TWO),
    "the sum": (sum_in_float32, TWO),
}


@pytest.mark.parametrize("name", UNBIASED)
def test_it_is_unbiased(name):
    loss, options = UNBIASED[name]
    assert check(loss, UNDISCOUNTED, TABLE, **options, **QUICK).verdict == "unbiased"


@pytest.mark.parametrize(
    ("loss", "scale"), [(scaled_in_float32, 0.1), (batch_mean_in_float32, 2 / 3)], ids=["a tenth", "the batch's mean"]
)
def test_it_is_proportional(loss, scale):
    result = check(loss, UNDISCOUNTED, TABLE, **THREE, **QUICK)
    assert (result.verdict, result.scale) == ("proportional", pytest.approx(scale, rel=1e-5))


def power_of_a_float(policy, e):
    """A Python float to a tensor of whole numbers is float32, by torch's rule."""
    return score_loss(policy, e, e.discount**e.time_steps * e.future_returns)


def powers_of_a_list(policy, e):
    factors = torch.tensor([0.9**t for t in range(2)])
    return score_loss(policy, e, factors[e.time_steps] * e.future_returns)


def cumulative_product(policy, e):
    factors = torch.full((2,), 0.9).cumprod(0) / 0.9
    return score_loss(policy, e, factors[e.time_steps] * e.future_returns)


def discounted_in_numpy(policy, e):
    factors = np.float32(0.9) ** e.time_steps.numpy()
    whole = per_episode(e, torch.from_numpy(factors.astype(np.float32)) * e.rewards)
    return score_loss(policy, e, whole[e.episode_index])


@pytest.mark.parametrize("loss", [power_of_a_float, powers_of_a_list, cumulative_product, discounted_in_numpy])
def test_discounts_are_unbiased(loss):
    assert check(loss, GAME, TABLE, **TWO, **QUICK).verdict == "unbiased"


def network(*, steps=0):
    torch.manual_seed(steps)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))


@pytest.mark.parametrize("loss", [plain, returns_in_float32, old_log_probs_in_float32])
@pytest.mark.parametrize("seed", [0, 1])
def test_networks_are_unbiased(loss, seed):
    assert check(loss, UNDISCOUNTED, network(steps=seed), **TWO, **QUICK).verdict == "unbiased"


def steps_sgd(policy, e, optimizer):
    optimizer.zero_grad()
    plain(policy, e).backward()
    optimizer.step()


def steps_sgd_of_its_own(policy, e):
    steps_sgd(policy, e, torch.optim.SGD(policy.parameters(), lr=1e-3))


@pytest.mark.parametrize(("loss", "options"), [(steps_sgd, {}), (steps_sgd_of_its_own, {"learning_rate": 1e-3})])
def test_updates_of_networks_are_unbiased(loss, options):
    assert check(loss, UNDISCOUNTED, network(), **options, **TWO, **QUICK).verdict == "unbiased"


CONTROLS = {
    "rounded to halves": lambda policy, e: score_loss(policy, e, (e.future_returns * 2).round().float() / 2),
    "off by a thousandth": lambda policy, e: score_loss(policy, e, e.future_returns.float() + 1e-3 * e.actions),
    "a discount of 0.899": lambda policy, e: score_loss(policy, e, 0.899**e.time_steps * e.future_returns),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_a_mistake_beyond_its_rounding_does_not_pass(name):
    game = GAME if "discount" in name else UNDISCOUNTED
    assert check(CONTROLS[name], game, TABLE, **TWO, **QUICK).verdict == "biased"
