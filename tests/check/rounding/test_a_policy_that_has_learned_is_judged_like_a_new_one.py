"""Near a deterministic policy a right loss is right or cannot be told, and a wrong one is never called right."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gradcheck import check, games, policy_gradient
from tests.check.rounding.everyday import (
    OPTIONS,
    RIGHT,
    WRONG,
    Table,
    action_baseline,
    arms,
    plain,
    totals,
    weighed,
    wrong_sign,
)
from tests.exhaustive import examples

GAME = arms(1, -2, 3)
DTYPES = [torch.float32, torch.float64]
leave_one_out = weighed(lambda e: (totals(e) - (totals(e).sum() - totals(e)) / (e.num_episodes - 1))[e.episode_index])


@examples(40)
@given(
    gap=st.floats(0, 40),
    dtype=st.sampled_from(DTYPES),
    loss=st.sampled_from([plain, leave_one_out, weighed(lambda e: e.future_returns + 100)]),
)
def test_a_right_loss_is_never_wrong(gap, dtype, loss):
    verdict = check(loss, GAME, Table(gap, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS).verdict
    assert verdict not in WRONG


@examples(40)
@given(gap=st.floats(0, 40), dtype=st.sampled_from(DTYPES), loss=st.sampled_from([wrong_sign, action_baseline]))
def test_control_a_wrong_loss_is_never_right(gap, dtype, loss):
    verdict = check(loss, GAME, Table(gap, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS).verdict
    assert verdict not in RIGHT


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gap", [9.0, 11.0, 18.0, 22.0])
def test_both_are_told_apart_while_float64_can(gap, dtype):
    policy = Table(gap, 0.0, 0.5, dtype=dtype)
    right, wrong = (check(loss, GAME, policy, batch=2, **OPTIONS) for loss in (plain, wrong_sign))
    assert right.verdict == "unbiased"
    assert wrong.by_batch_size[2].verdict == "biased"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gap", [12.0, 16.1, 20.0])
@pytest.mark.parametrize("rewards", [(1, 0, 0), (5, 0, 0), (-2, 0, 0)])
def test_what_is_left_undone_may_pay_nothing(rewards, gap, dtype):
    game, policy = arms(*rewards), Table(gap, 0.0, 0.5, dtype=dtype)
    assert check(plain, game, policy, batch=2, **OPTIONS).verdict == "unbiased"
    assert check(wrong_sign, game, policy, batch=2, **OPTIONS).verdict not in RIGHT


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_it_cannot_the_page_says_so(dtype):
    result = check(plain, GAME, Table(40.0, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS)
    assert (result.verdict, bool(result), result.confidence) == ("inconclusive", False, 0)
    assert "Cannot be told at this precision in the game" in " ".join(str(result).split())
    assert "lost in rounding errors" in " ".join(str(result).split())


@pytest.mark.parametrize("seed", [0, 1])
def test_a_network_in_float32_that_has_climbed_passes(seed):
    game = games.robot()
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(150):
        for name, gradient in policy_gradient(game, network).items():
            network.get_parameter(name).grad = -gradient
        optimizer.step()
    assert check(plain, game, network, batch=2, **OPTIONS).verdict == "unbiased"
    assert check(action_baseline, game, network, batch=2, **OPTIONS).by_batch_size[2].verdict == "biased"
