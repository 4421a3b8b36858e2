"""Where the true gradient is zero in exact arithmetic, only a loss without one is right; a small one is not zero."""

from fractions import Fraction

import pytest
import torch

from gradcheck import TabularGame, check
from tests.check.rounding.everyday import OPTIONS, Table, arms, log_probs, plain, weighed

POLICY = {"s": ("1/5", "3/10", "1/2")}
EQUAL = {
    "zero": arms(0, 0, 0),
    "a third": arms(*[Fraction(1, 3)] * 3),
    "large": arms(*[Fraction(10**12) + Fraction(1, 7)] * 3),
    "by chance": TabularGame(
        {"s": {0: [(1, "end", 1, True)], 1: [("1/2", "end", 0, True), ("1/2", "end", 2, True)]}}, "s", 1
    ),
}


def moves_anyway(policy, e):
    return plain(policy, e) - (0.1 * log_probs(policy, e) * e.actions).sum() / e.num_episodes


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", EQUAL)
def test_equal_returns(name, dtype):
    game = EQUAL[name]
    policy = Table(*[0.3, 0.0, 0.5][: 2 if name == "by chance" else 3], dtype=dtype)
    assert check(plain, game, policy, batch=2, **OPTIONS).verdict == "unbiased"
    if name != "large":
        assert check(moves_anyway, game, policy, batch=2, **OPTIONS).verdict == "biased"


def test_values_that_cancel():
    """Both actions are good at one state and bad at the other, and the policy cannot tell the states apart."""
    states = {
        "left": {0: [(1, "end", 1, True)], 1: [(1, "end", -1, True)]},
        "right": {0: [(1, "end", -1, True)], 1: [(1, "end", 1, True)]},
    }
    game = TabularGame(states, {"left": "1/2", "right": "1/2"}, 1)
    assert check(plain, game, Table(0.0, 0.0), batch=2, **OPTIONS).verdict == "unbiased"
    assert check(moves_anyway, game, Table(0.0, 0.0), batch=2, **OPTIONS).verdict == "biased"


@pytest.mark.parametrize("weights", [weighed(lambda e: 0 * e.rewards), plain], ids=["zero", "plain"])
def test_control_a_gradient_of_1e_17_is_not_zero(weights):
    assert check(weights, arms(1, -2, 3), Table(40.0, 0.0, 0.5), batch=2, **OPTIONS).verdict == "inconclusive"


def test_control_no_gradient_where_there_is_one_is_wrong():
    zero = weighed(lambda e: 0 * e.rewards)
    assert check(zero, arms(1, -2, 3), POLICY, batch=2, **OPTIONS).by_batch_size[2].verdict == "biased"
