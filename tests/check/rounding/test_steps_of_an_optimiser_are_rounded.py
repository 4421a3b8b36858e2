"""A loss that steps its own SGD at a small learning rate: (old - new) / lr has the rounding error of the parameters."""

import pytest
import torch
from torch import nn

from gradcheck import check, games
from tests.check.rounding.everyday import OPTIONS, RIGHT, action_baseline, plain


def stepping(loss, rate):
    def update(policy, e):
        optimizer = torch.optim.SGD(policy.parameters(), lr=rate)
        optimizer.zero_grad()
        loss(policy, e).backward()
        optimizer.step()
        optimizer.zero_grad()

    return update


def by_hand(loss, rate):
    def update(policy, e):
        gradients = torch.autograd.grad(loss(policy, e), list(policy.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(policy.parameters(), gradients, strict=True):
                parameter.sub_(rate * gradient)

    return update


@pytest.mark.parametrize("form", [stepping, by_hand])
@pytest.mark.parametrize("rate", [1e-2, 1e-4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_right_loss_passes(form, rate, dtype):
    policy = nn.Linear(2, 2, dtype=dtype)
    result = check(form(plain, rate), games.robot(), policy, batch=2, learning_rate=rate, **OPTIONS)
    assert result.verdict == "unbiased"


@pytest.mark.parametrize("form", [stepping, by_hand])
def test_control_a_wrong_one_fails(form):
    policy = nn.Linear(2, 2)
    result = check(form(action_baseline, 1e-4), games.robot(), policy, batch=2, learning_rate=1e-4, **OPTIONS)
    assert result.verdict not in RIGHT
