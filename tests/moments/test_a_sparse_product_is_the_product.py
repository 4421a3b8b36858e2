"""However few of its cells have entries, and however wide the other matrix: the product is that of numpy."""

import numpy as np
import pytest

from gradcheck.tree.variance.step_pairs import _CACHED, _DENSE, _sparse_product


@pytest.mark.parametrize("width", [1, 50, _CACHED // 2])  # the last takes two entries at a time
@pytest.mark.parametrize("num_entries", [3, 40])
@pytest.mark.parametrize("size", [2, 60])
def test_with_repeated_entries_and_empty_rows(size, num_entries, width):
    rng = np.random.default_rng(0)
    lists = [
        (rng.integers(0, size, num_entries), rng.integers(0, size, num_entries), rng.normal(size=num_entries))
        for _ in range(2)
    ]
    whole = np.zeros((size, size))
    for row, column, weight in lists:
        np.add.at(whole, (row, column), weight)
    matrix = rng.normal(size=(size, width))
    assert abs(_sparse_product(lists, size, matrix) - whole @ matrix).max() < 1e-13  # sums of up to 80 products


def test_both_ways_to_multiply_are_met():
    assert _DENSE * 2 * 3 >= 2 * 2
    assert _DENSE * 2 * 40 < 60 * 60


def test_without_entries_it_is_zero():
    nothing = [(np.array([], dtype=int), np.array([], dtype=int), np.array([]))]
    assert _sparse_product(nothing, 3, np.ones((4, 2))).tolist() == [[0, 0]] * 3
    assert _sparse_product(nothing, 3, np.ones((0, 2))).tolist() == [[0, 0]] * 3


def test_control_a_lost_entry_changes_it():
    entries = [(np.array([0, 1]), np.array([1, 1]), np.array([2.0, 3.0]))]
    assert _sparse_product(entries, 2, np.eye(2)).tolist() == [[0, 2], [0, 3]]
