"""A constant in all returns leaves a right loss right until rounding hides the gradient; no wrong loss passes by it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import TabularGame, check
from tests.check.rounding.everyday import (
    OPTIONS,
    RIGHT,
    WRONG,
    Table,
    action_baseline,
    entropy_bonus,
    plain,
    shifted_arms,
    weighed,
    wrong_sign,
)
from tests.exhaustive import examples

DTYPES = [torch.float32, torch.float64]
SHIFTS = st.integers(0, 17).map(lambda power: 10**power)


@examples(40)
@given(shift=SHIFTS, dtype=st.sampled_from(DTYPES))
def test_a_right_loss_stays_right_or_cannot_be_told(shift, dtype):
    result = check(plain, shifted_arms(shift), Table(0.4, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS)
    assert result.verdict in {"unbiased", "inconclusive"}
    assert result.verdict == "unbiased" or shift > 10**9


@examples(40)
@given(shift=SHIFTS, dtype=st.sampled_from(DTYPES), loss=st.sampled_from([wrong_sign, action_baseline, entropy_bonus]))
def test_a_wrong_loss_is_never_right(shift, dtype, loss):
    result = check(loss, shifted_arms(shift), Table(0.4, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS)
    assert result.verdict not in RIGHT


@pytest.mark.parametrize(("shift", "dtype"), [(10**5, torch.float32), (10**9, torch.float64)])
def test_a_wrong_sign_is_found_where_it_can_be(shift, dtype):
    result = check(wrong_sign, shifted_arms(shift), Table(0.4, 0.0, 0.5, dtype=dtype), batch=2, **OPTIONS)
    assert result.verdict in WRONG
    assert result.by_batch_size[2].verdict == "biased"


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_bonus_for_staying_alive_hides_no_mistake(dtype):
    """Two steps that pay 10,000 each, and a baseline that depends on the action."""
    steps = {
        "first": {a: [(1, "second", 10_000 + a, False)] for a in range(2)},
        "second": {a: [(1, "end", 10_000 - a, True)] for a in range(2)},
    }
    game, policy = TabularGame(steps, "first", 2, observations={"first": 0, "second": 1}), Table(0.3, 0.0, dtype=dtype)
    assert check(plain, game, policy, batch=2, **OPTIONS).verdict == "unbiased"
    assert not check(action_baseline, game, policy, batch=2, **OPTIONS)


def test_a_constant_in_the_loss_is_the_same_thing():
    policy = Table(0.4, 0.0, 0.5)
    for constant, verdict in ((1e3, "unbiased"), (1e14, "inconclusive")):
        loss = weighed(lambda e, c=constant: e.future_returns - c)
        assert check(loss, shifted_arms(0), policy, batch=2, **OPTIONS).verdict == verdict
