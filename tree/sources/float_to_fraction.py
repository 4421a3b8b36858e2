"""Floats that stand for fractions: other libraries store 1/3 as 0.3333333333333333; here it becomes 1/3 again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from gradcheck.tree.types import Number

# A probability such as (1 - 1/3) / 2 is rounded at each operation and when it is written. Each rounding moves a number
# below 1 by at most 2**-54; eight of them stay within this.
_ROUNDING = 2.0**-51
# Different fractions with such denominators are at least 10**-12 apart: at most one is within _ROUNDING of a float. One
# float in four thousand has one there by accident; taking it then changes nothing that float64 could tell.
_LARGEST_DENOMINATOR = 1_000_000
_SHORT = 12  # decimal places: people write fewer; all but one in ten thousand calculated floats have 15 or more
_FAITHFUL = 15  # digits that always survive being stored in a float64


def recognise_fraction(value: Number) -> Number:
    """Find the rational that a float stands for; where none is recognised, keep the float.

    The first of these that there is:

    1. a fraction with a denominator up to a million that rounds to this very float;
    2. the decimal that the float prints as, if it has at most 12 places;
    3. a fraction with such a denominator that differs from the float by rounding alone;
    4. the decimal that the float prints as, if it has at most 15 digits.

    >>> recognise_fraction(1 / 3), recognise_fraction((1 - 0.8) / 2)
    (Fraction(1, 3), Fraction(1, 10))
    >>> recognise_fraction(0.123456789), recognise_fraction(2**0.5)
    (Fraction(123456789, 1000000000), 1.4142135623730951)
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


def recognise_distribution(row: Sequence[Number]) -> tuple[Number, ...]:
    """Find the rationals that a row of probabilities stands for; keep the row where they do not sum to 1 exactly.

    >>> third = 1 / 3
    >>> recognise_distribution([third, (1 - third) / 2, (1 - third) / 2])
    (Fraction(1, 3), Fraction(1, 3), Fraction(1, 3))
    >>> recognise_distribution([0.2928932188134524, 0.7071067811865476])
    (0.2928932188134524, 0.7071067811865476)
    """
    read = [recognise_fraction(value) for value in row]
    return tuple(read) if sum(read) == 1 and all(isinstance(value, Fraction) for value in read) else tuple(row)
