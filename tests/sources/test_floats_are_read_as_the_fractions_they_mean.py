"""A float that a simple fraction was rounded to, once or in a short calculation, is read as this fraction; one
that shows no fraction stays as it is; and nothing moves by more than rounding."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradcheck.tree.sources.float_to_fraction import recognise_distribution, recognise_fraction

DENOMINATORS = st.integers(1, 1_000_000)
PROBABILITIES = DENOMINATORS.flatmap(lambda q: st.integers(0, q).map(lambda p: Fraction(p, q)))


@given(PROBABILITIES)
def test_a_fraction_survives_being_a_float(fraction):
    assert recognise_fraction(float(fraction)) == fraction


# Further from every decimal of 12 places that it is not than two roundings move a number below 1.
@given(st.integers(1, 2_000).flatmap(lambda q: st.integers(0, q).map(lambda p: Fraction(p, q))))
def test_what_is_left_over_is_read_as_what_is_left_over(fraction):
    assert recognise_fraction(1 - float(fraction)) == 1 - fraction
    assert recognise_fraction((1 - float(fraction)) / 2) == (1 - fraction) / 2


@given(st.integers(-1_000_000, 1_000_000), st.integers(1, 100))
def test_a_reward_with_a_small_denominator_survives(numerator, denominator):
    assert recognise_fraction(numerator / denominator) == Fraction(numerator, denominator)


@given(st.decimals(-1000, 1000, places=12))
@example(Decimal("0.000001000001"))  # next to 1/999999
@example(Decimal("0.001001001001"))  # next to 1/999
def test_a_decimal_survives_or_is_a_simpler_fraction_with_the_same_float(decimal):
    read, given_ = recognise_fraction(float(decimal)), Fraction(decimal)
    assert float(read) == float(decimal)
    assert read == given_ or read.denominator < given_.denominator


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_nothing_moves_by_more_than_rounding(value):
    read = recognise_fraction(value)
    assert abs(Fraction(read) - Fraction(value)) <= Fraction(2) ** -51 * max(1, abs(Fraction(value)))
    assert (read == 0) == (value == 0)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_a_row_of_fractions_is_read_as_one(weights):
    row = [Fraction(weight, sum(weights)) for weight in weights]
    assert list(recognise_distribution([float(chance) for chance in row])) == row


def test_a_last_probability_that_was_calculated():
    third = 1.0 / 3.0
    rest = (1.0 - third) / 2.0
    assert rest != third  # as FrozenLake has it
    assert recognise_distribution([rest, third, rest]) == (Fraction(1, 3),) * 3


@pytest.mark.parametrize("row", [(0.2928932188134524, 0.7071067811865476), (0.3, 0.6), (1 / 3, 2 / 3 - 1e-13)])
def test_control_a_row_without_fractions_that_sum_to_1_stays(row):
    assert recognise_distribution(row) == row
    assert all(isinstance(chance, float) for chance in recognise_distribution(row))


@pytest.mark.parametrize("value", [2**0.5, 1 / 3 + 1e-14, 0.3333333333333])
def test_control_a_float_that_is_no_third_is_not_read_as_one(value):
    assert recognise_fraction(value) != Fraction(1, 3)
