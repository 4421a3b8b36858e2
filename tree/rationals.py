"""Numbers at the door: rationals stay exact, floats stay floats, anything else is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import TypeAlias

from tree.errors import invalid

#: What a user may write for a number; inside the project it is a ``Fraction`` or a ``float``.
NumberLike: TypeAlias = "int | float | Fraction | Decimal | str"
Number: TypeAlias = "Fraction | float"

# Without an exponent on purpose: "1e999999999" would be a number of a billion digits.
_WRITTEN_NUMBER = re.compile(r"\s*[+-]?\d{1,400}(?:/\d{1,400}|\.\d{1,400})?\s*", re.ASCII)
_LARGEST_DECIMAL_EXPONENT = 400  # float64 ends near 10**308; beyond it a Decimal only costs memory


def number(value: object, name: str) -> Number:
    """Read one number: ``int``, ``Fraction``, ``Decimal``, ``"1/10"`` or ``"0.1"`` exactly, ``float`` as it is.

    >>> number("1/10", "slip"), number(3, "reward"), number(0.5, "reward")
    (Fraction(1, 10), Fraction(3, 1), 0.5)

    Raises:
        InvalidArgument: if it is not a number, or not a finite one.
    """
    expected = 'a finite number (int, Fraction, Decimal, float or text such as "1/10")'
    if isinstance(value, bool):
        raise invalid(expected, name, value)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal):
        if value.is_finite() and abs(value.adjusted()) <= _LARGEST_DECIMAL_EXPONENT:
            return Fraction(value)
    elif isinstance(value, str):
        if _WRITTEN_NUMBER.fullmatch(value):
            try:
                return Fraction(value)
            except ZeroDivisionError:
                pass  # "1/0" is refused below, like every other text that is no number
    elif isinstance(value, Real) and math.isfinite(value):
        return float(value)
    raise invalid(expected, name, value)


def as_rational(value: Number) -> Fraction:
    """Read a float as the shortest decimal that prints the same, so that ``0.1`` means one tenth.

    Symbolic sums need rationals. Taking a float's exact binary value instead would turn the user's 0.1 into
    3602879701896397/36028797018963968.

    >>> as_rational(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def is_exact(values: Iterable[Number]) -> bool:
    """Whether all of the numbers are rationals."""
    return not any(isinstance(value, float) for value in values)


def probabilities(values: Sequence[object], name: str) -> tuple[Number, ...]:
    """Read one probability distribution: each number in [0, 1], together exactly 1.

    With floats in it the sum may miss 1 by rounding alone: each of the k numbers is rounded once when it is
    written (relative error 2**-53) and once when it is added, so 2 k 2**-53 in all.

    Raises:
        InvalidArgument: if a number is outside [0, 1], or the sum is not 1.
    """
    row = tuple(number(value, f"{name}[{i}]") for i, value in enumerate(values))
    for i, value in enumerate(row):
        if not 0 <= value <= 1:
            raise invalid("a probability between 0 and 1", f"{name}[{i}]", values[i])
    total = sum(row, start=Fraction(0))
    rounding = 0.0 if is_exact(row) else 2 * len(row) * 2.0**-53
    if abs(total - 1) > rounding:
        raise invalid("probabilities that sum to 1", name, list(values), f"They sum to {total}.")
    return row
