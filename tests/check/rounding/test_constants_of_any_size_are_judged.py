"""Constants near the ends of float64: a verdict that is true, or none; never an error."""

import pytest

from gradcheck import check
from tests.check.rounding.everyday import OPTIONS, RIGHT, plain, times, weighed, wrong_sign


@pytest.mark.parametrize("size", [1e200, 1e120, 1e-120, 1e-200])
def test_a_right_loss_times_one(size):
    result = check(times(size, plain), **OPTIONS)
    assert result.verdict in {"proportional", "inconclusive"}
    assert str(result)


@pytest.mark.parametrize("size", [1e200, 1e120, 1e-120, 1e-200])
def test_control_a_wrong_loss_times_one(size):
    result = check(times(size, wrong_sign), **OPTIONS)
    assert result.verdict not in RIGHT
    assert str(result)


@pytest.mark.parametrize("size", [1e200, 1e100, -1e20])
def test_a_constant_that_is_added_to_the_returns(size):
    result = check(weighed(lambda e: e.future_returns + size), **OPTIONS)
    assert result.verdict == "inconclusive"
    assert max(map(len, str(result).split())) < 80
