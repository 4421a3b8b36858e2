"""No two numbers that print the same stand for different ones, and no count of batches is beyond reading."""

import re

import pytest

from gradcheck import check
from gradcheck.document.numbers import apart
from tests.check.rounding.everyday import OPTIONS, Table, action_baseline, arms, log_probs, plain

GAME, POLICY = arms(1, -2, 3), Table(0.3, 0.0, 0.5)


def slightly_wrong(size):
    def loss(policy, e):
        return plain(policy, e) - (size * log_probs(policy, e) * e.actions).sum() / e.num_episodes

    return loss


@pytest.mark.parametrize("size", [1e-4, 1e-7, 1e-10])
def test_two_numbers_that_differ_look_different(size):
    text = " ".join(str(check(slightly_wrong(size), GAME, POLICY, **OPTIONS)).split())
    pairs = re.findall(r"\((\S+) for (\S+)\)", text)
    assert pairs
    assert all(one != other for one, other in pairs)


def test_numbers_are_no_longer_than_they_must_be():
    assert apart(0.123456789, 0.2) == ("0.1235", "0.2")
    assert apart(1.0, 1.0 + 2**-52) == ("1", "1.0000000000000002")


@pytest.mark.parametrize(("size", "said"), [(0.01, "visible in the mean of"), (1e-10, "in any number of batches")])
def test_in_how_many_batches_a_bias_shows(size, said):
    text = " ".join(str(check(slightly_wrong(size), GAME, POLICY, **OPTIONS)).split())
    assert said in text
    assert all(len(digits) < 14 for digits in re.findall(r"mean of ([\d,]+) batches", text))


def test_control_a_large_error_has_short_numbers():
    text = str(check(action_baseline, GAME, POLICY, **OPTIONS))
    assert not re.search(r"\d\.\d{7,}", text)
