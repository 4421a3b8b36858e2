"""A row of floats may miss 1 by what its own precision rounds away, and by no more."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument, TabularGame, expected_return

# A row of k numbers may miss 1 by 2 k roundings, each of the relative size 2**-bits.
BITS = {torch.float64: 53, torch.float32: 24, torch.float16: 11, torch.bfloat16: 8}


def one_state(num_actions):
    return TabularGame({"s": {action: [(1, "end", 1, True)] for action in range(num_actions)}}, "s", 1)


@pytest.mark.parametrize("dtype", BITS, ids=str)
@given(logits=st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_a_softmax_in_any_precision_is_a_row(dtype, logits):
    row = torch.tensor(logits, dtype=dtype).softmax(dim=0)
    width = 2 * len(logits) * 2.0 ** -BITS[dtype]
    assert expected_return(one_state(len(logits)), {"s": row}) == pytest.approx(1, abs=width)


@pytest.mark.parametrize("dtype", BITS, ids=str)
def test_control_a_row_that_misses_1_by_more_is_refused(dtype):
    row = torch.tensor([0.5, 0.5 - 8 * 2.0 ** -BITS[dtype]], dtype=dtype)
    with pytest.raises(InvalidArgument, match=r"They sum to 0\.9"):
        expected_return(one_state(2), {"s": row})


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_arrays_and_single_numbers_of_numpy_keep_their_precision(dtype):
    row = np.array([1 / 3, 2 / 3, 0], dtype=dtype)
    assert float(row.astype(float).sum()) != 1
    assert expected_return(one_state(3), {"s": row}) == pytest.approx(1, abs=1e-3)
    assert expected_return(one_state(3), {"s": list(row)}) == pytest.approx(1, abs=1e-3)
    with pytest.raises(InvalidArgument):  # the same numbers as Python's floats, which could have been written better
        expected_return(one_state(3), {"s": row.tolist()})


def test_control_rationals_must_sum_to_1_exactly():
    almost = Fraction(1, 2) - Fraction(1, 10**30)
    with pytest.raises(InvalidArgument, match=r"sum to 9{30}/1"):
        expected_return(one_state(2), {"s": (Fraction(1, 2), almost)})
