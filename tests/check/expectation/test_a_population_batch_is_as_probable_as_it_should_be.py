"""Population batches hold every episode exactly as often as it is probable, alone or on average."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.estimators.population import one_more_or_fewer, populations


@given(weights=st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_ratios_give_one_batch_without_remainder(weights):
    p = np.array(weights) / sum(weights)
    ((weight, repeats),) = populations(p, 1_000)
    assert weight == 1
    assert repeats / repeats.sum() == pytest.approx(p, abs=1e-14)


@given(
    weights=st.lists(st.floats(0.01, 1), min_size=2, max_size=8).filter(lambda row: len(set(row)) > 1),
    total=st.integers(10, 5_000),
)
def test_other_probabilities_are_met_on_average(weights, total):
    p = np.array(weights) / sum(weights)
    found = populations(p, total)
    assert sum(weight for weight, _ in found) == pytest.approx(1, abs=1e-9)
    sizes = {int(repeats.sum()) for _, repeats in found}
    assert max(sizes) <= total
    average = sum(weight * repeats / repeats.sum() for weight, repeats in found)
    assert average == pytest.approx(p, abs=1e-9)
    for _, repeats in found:
        assert abs(repeats - p * repeats.sum()).max() < 1 + 1e-6


def test_control_rounding_alone_would_be_off():
    p = np.array([1 / np.pi, 1 - 1 / np.pi])
    rounded = np.round(p * 100) / 100
    assert abs(rounded - p).max() > 1e-4
    found = populations(p, 100)
    assert sum(weight * repeats / 100 for weight, repeats in found) == pytest.approx(p, abs=1e-12)


def test_more_batches_than_are_wanted_are_spread_evenly():
    p = np.array([1 / np.pi, *[(1 - 1 / np.pi) / 49] * 49])
    few = populations(p, 600, most=8)
    assert len(few) == 8
    average = sum(weight * repeats for weight, repeats in few)
    assert abs(average - 600 * p).max() <= 1 / 8 + 1e-9


def test_one_more_or_fewer_of_each_kind():
    changes = [(other - [2, 0, 5]).tolist() for other in one_more_or_fewer(np.array([2, 0, 5]), 3)]
    assert changes == [[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0], [0, 1, 0]]
