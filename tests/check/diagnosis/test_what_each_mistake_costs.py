"""Where several mistakes are found, a table says what each of them costs: alone mended, and all mended."""

import math

import pytest

from gradcheck.checking.rendering.phrases import costs, degrees
from tests.check.diagnosis.mistaken import (
    diagnosed,
    episode_mean,
    group_advantages,
    log_probs,
    sequence_mean,
)


def attributed(loss):
    return diagnosed(loss).attribution


def both(policy, e):
    return -sequence_mean(log_probs(policy, e) * group_advantages(e, 1e-8), e)


def deviation_alone(policy, e):
    return -episode_mean(log_probs(policy, e) * group_advantages(e, 1e-8), e)


def length_alone(policy, e):
    return -sequence_mean(log_probs(policy, e) * e.future_returns, e)


@pytest.fixture(scope="module", name="table")
def table_fixture():
    return attributed(both)


def test_it_begins_with_the_loss_as_it_is_and_ends_with_all_mended(table):
    assert [row.mended for row in table.rows] == [
        (),
        ("group_std",),
        ("sequence_mean",),
        ("group_std", "sequence_mean"),
    ]
    result = diagnosed(both)
    assert math.isclose(table.rows[0].direction_error, result.direction_error, rel_tol=1e-9)
    assert table.rows[-1].direction_error < 1e-12


def test_mending_one_leaves_the_error_of_the_other(table):
    _, without_deviation, without_length, _ = table.rows
    assert math.isclose(without_length.direction_error, diagnosed(deviation_alone).direction_error, rel_tol=1e-9)
    assert math.isclose(without_deviation.direction_error, diagnosed(length_alone).direction_error, rel_tol=1e-6)


def test_it_is_said_in_one_line(table):
    as_it_is, first, second, last = (degrees(row.direction_error) for row in table.rows)
    assert costs(table) == (
        f"As it is {as_it_is}; with group_std mended alone {first}; with sequence_mean mended alone {second}; "
        f"with both {last}."
    )


def test_control_one_mistake_has_no_table():
    assert attributed(length_alone) is None
