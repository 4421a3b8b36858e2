"""A right loss keeps its exact verdict wherever in it a number passes through float32, and a wrong one fails."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from gradcheck import check
from tests.check.rounding.everyday import OPTIONS, RIGHT, Table, arms, log_probs, plain, totals, weighed
from tests.exhaustive import the_first

TENTHS = arms(Fraction(1, 10), Fraction(-7, 10), Fraction(13, 10))
POLICY = {"s": ("1/5", "3/10", "1/2")}
DISCOUNTED = {"conditions": "discounted", "discount": "9/10"}


def leave_one_out(returns):
    return returns - (returns.sum() - returns) / (len(returns) - 1)


def of_totals(function):
    return weighed(lambda e: function(totals(e))[e.episode_index])


def in_numpy(dtype, give):
    return of_totals(lambda returns: give(leave_one_out(returns.numpy().astype(dtype))))


def through_the_log_probs(policy, e):
    return -(log_probs(policy, e).float().double() * e.future_returns).sum() / e.num_episodes


def old_log_probs(policy, e):
    ratios = (log_probs(policy, e) - e.log_probs.float()).exp()
    return -(ratios * e.future_returns).sum() / e.num_episodes


THIRD = torch.tensor(1 / 3)
CASES = {
    "leave-one-out in float32": ("unbiased", of_totals(lambda r: leave_one_out(r.float())), {"batch": 4}),
    "the batch's mean in float32": ("proportional", of_totals(lambda r: r.float() - r.float().mean()), {"batch": 3}),
    "returns in float32, times 0.1": ("proportional", weighed(lambda e: 0.1 * e.future_returns.float()), {}),
    "γ ** steps": ("unbiased", weighed(lambda e: e.discount**e.time_steps * e.future_returns), DISCOUNTED),
    "a tensor of a list of γ ** t": (
        "unbiased",
        weighed(lambda e: torch.tensor([e.discount**t for t in e.time_steps.tolist()]) * e.future_returns),
        DISCOUNTED,
    ),
    "a constant of a closure": ("unbiased", weighed(lambda e: e.future_returns - THIRD), {}),
    "numpy's array, kept in float32": ("unbiased", in_numpy("float32", torch.from_numpy), {"batch": 4}),
    "numpy's array, made a tensor in float64": (
        "unbiased",
        in_numpy("float32", lambda array: torch.tensor(array, dtype=torch.float64)),
        {"batch": 4},
    ),
    "numpy's numbers, one by one": (
        "unbiased",
        in_numpy("float32", lambda array: torch.tensor([float(one) for one in array], dtype=torch.float64)),
        {"batch": 4},
    ),
    "numpy's number as a discount": (
        "unbiased",
        weighed(lambda e: float(np.float32(e.discount)) ** e.time_steps.double() * e.future_returns),
        DISCOUNTED,
    ),
    "log-probabilities to float32 and back": ("unbiased", through_the_log_probs, {}),
    "old log-probabilities in float32": ("unbiased", old_log_probs, {}),
}


@pytest.mark.parametrize("name", the_first(6, CASES))
def test_a_right_loss_has_its_exact_verdict(name):
    verdict, loss, options = CASES[name]
    result = check(loss, **options, **OPTIONS)
    assert result.verdict == verdict
    assert any("float32" in remark for remark in result.remarks)


def test_rewards_that_are_no_binary_fractions_are_met_too():
    loss = of_totals(lambda returns: returns.float() - 1)
    result = check(loss, TENTHS, POLICY, **OPTIONS)
    assert (result.verdict, "Computed in float32" in result.remarks[0]) == ("unbiased", True)


@pytest.mark.parametrize("name", ["leave-one-out in float32", "old log-probabilities in float32", "γ ** steps"])
def test_control_a_small_baseline_that_depends_on_the_action_is_wrong_all_the_same(name):
    """The wider tolerance of float32 does not hide it."""
    _, loss, options = CASES[name]

    def wrong(policy, e):
        return loss(policy, e) - (0.001 * log_probs(policy, e) * e.actions).sum() / e.num_episodes

    result = check(wrong, **options, **OPTIONS)
    assert result.verdict not in RIGHT
    assert not result


MASKS = {
    "a mask": weighed(lambda e: e.future_returns * (e.rewards > -100).float()),
    "small integers": weighed(lambda e: e.future_returns * (1 + 0 * e.time_steps.float())),
    "ones": weighed(lambda e: e.future_returns * torch.ones(len(e.rewards))),
    "halves": weighed(lambda e: 2 * (e.future_returns * torch.tensor(0.5))),
}


@pytest.mark.parametrize("name", MASKS)
def test_exact_numbers_in_float32_leave_the_precision_as_it_is(name):
    def slightly_wrong(policy, e):
        return MASKS[name](policy, e) - (1e-9 * log_probs(policy, e) * e.actions).sum() / e.num_episodes

    game, policy = arms(1, -2, 3), Table(0.3, 0.0, 0.5)
    right, wrong = (check(loss, game, policy, **OPTIONS) for loss in (MASKS[name], slightly_wrong))
    assert (right.verdict, right.remarks) == ("unbiased", ())
    assert wrong.by_batch_size[4].verdict == "biased"
    assert not wrong


def test_a_policy_in_float32_is_asked_in_float64_where_that_decides():
    """An action baseline of 1e-6 is below the precision of float32, the mean of the batch is a factor of 3/4."""
    mean = of_totals(lambda returns: returns - returns.mean())
    result = check(mean, TENTHS, nn.Linear(1, 3), **OPTIONS)
    assert result.verdict == "proportional"
    assert result.scale == pytest.approx(0.75, rel=1e-12)
    assert result.remarks == ("Judged in float64: in float32 it could not be told, or not so closely.",)


def test_a_loss_with_a_network_of_its_own_in_float32_is_judged_as_it_is():
    critic = nn.Linear(1, 1)

    def loss(policy, e):
        baseline = critic(e.observations).squeeze(-1).detach()
        return 0.7 * -(log_probs(policy, e) * (e.future_returns - baseline)).sum() / e.num_episodes

    result = check(loss, TENTHS, nn.Linear(1, 3), **OPTIONS)
    assert result.verdict == "proportional"
    assert "Computed in float32" in result.remarks[0]


def test_the_default_dtype_and_the_policy_are_left_as_they_were():
    policy = nn.Linear(1, 3)
    check(weighed(lambda e: e.future_returns - 0.3 * e.actions), TENTHS, policy, **OPTIONS)
    assert (torch.get_default_dtype(), policy.weight.dtype) == (torch.float32, torch.float32)
    assert check(plain, TENTHS, policy, **OPTIONS).verdict == "unbiased"
