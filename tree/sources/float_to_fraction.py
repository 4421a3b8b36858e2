"""Floats that mean fractions: other libraries store 1/3 as 0.3333333333333333, and here it becomes 1/3 again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from gradcheck.tree.types import Number

# A probability such as (1 - 1/3) / 2 is rounded at each operation and when it is written. Each rounding moves a number
# below 1 by at most 2**-54; eight of them stay within this.
_ROUNDING = 2.0**-51
# Different fractions with such denominators are 10**-12 apart, so at most one is within _ROUNDING. That one is there by
# accident happens to one float in four thousand, and then changes nothing that float64 could tell.
_LARGEST_DENOMINATOR = 1_000_000
_SHORT = 12  # decimal places that somebody wrote; a calculated float has 15 or more, save one in ten thousand
_FAITHFUL = 15  # digits: so many survive being stored in a float64


def meant(value: Number) -> Number:
    """The rational that a float means, if it shows one; else the float itself.

    In this order: the fraction with a denominator up to a million that rounds to this float; the decimal that the float
    prints as, if it is short; such a fraction within rounding; a decimal of up to 15 digits.

    >>> meant(1 / 3), meant((1 - 0.8) / 2), meant(0.123456789), meant(2**0.5)
    (Fraction(1, 3), Fraction(1, 10), Fraction(123456789, 1000000000), 1.4142135623730951)
    """
    if isinstance(value, Fraction):
        return value
    exact, scale = Fraction(value), max(1.0, abs(value))
    # In larger numbers the roundings are larger, and so the fractions must be further apart.
    simple = exact.limit_denominator(max(1, int(_LARGEST_DENOMINATOR / scale**0.5)))
    printed = Decimal(repr(value)).normalize()
    if float(simple) == value:
        return simple
    if -int(printed.as_tuple().exponent) <= _SHORT:
        return Fraction(printed)
    if simple != 0 and abs(simple - exact) <= _ROUNDING * scale:
        return simple
    return Fraction(printed) if len(printed.as_tuple().digits) <= _FAITHFUL else value


def meant_distribution(row: Sequence[Number]) -> tuple[Number, ...]:
    """The rationals that a row of probabilities means, if it shows them: they must sum to 1 exactly. Else the row.

    >>> third = 1 / 3
    >>> meant_distribution([third, (1 - third) / 2, (1 - third) / 2])
    (Fraction(1, 3), Fraction(1, 3), Fraction(1, 3))
    >>> meant_distribution([0.2928932188134524, 0.7071067811865476])
    (0.2928932188134524, 0.7071067811865476)
    """
    read = [meant(value) for value in row]
    return tuple(read) if sum(read) == 1 and all(isinstance(value, Fraction) for value in read) else tuple(row)
