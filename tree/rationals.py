"""Reading numbers: rationals stay exact, floats stay floats, anything else is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.types import Array, Number

# Without an exponent on purpose: "1e999999999" would be a number of a billion digits.
_WRITTEN_NUMBER = re.compile(r"\s*[+-]?(?:\d{1,400}(?:/\d{1,400}|\.\d{0,400})?|\.\d{1,400})\s*", re.ASCII)
_LARGEST_DENOMINATOR = 1_000_000  # squared, far from 2**53: no other such fraction rounds to the same float
_LARGEST_DECIMAL_EXPONENT = 400  # float64 ends near 10**308; beyond it a Decimal only costs memory
_SIGNIFICANT_BITS = {"float32": 24, "float16": 11, "bfloat16": 8}  # by the name of a numpy or torch dtype; else 53


def number(value: object, name: str) -> Number:
    """Read one number: ``int``, ``Fraction``, ``Decimal``, ``"1/10"`` or ``"0.1"`` exactly, ``float`` as it is.

    >>> number("1/10", "slip"), number(3, "reward"), number(0.5, "reward")
    (Fraction(1, 10), Fraction(3, 1), 0.5)

    Raises:
        InvalidArgument: if it is not a number, or not a finite one.
    """
    expected = 'a finite number (int, Fraction, Decimal, float or text such as "1/10")'
    if isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool":
        raise invalid(expected, name, value, "Write 1 for True and 0 for False.")
    hint = ""
    rational: Fraction | None = None
    if isinstance(value, Rational):
        rational = Fraction(int(value.numerator), int(value.denominator))
    elif isinstance(value, Decimal):
        if value.is_finite() and abs(value.adjusted()) <= _LARGEST_DECIMAL_EXPONENT:
            rational = Fraction(value)
        elif value.is_finite():
            hint = "Its exponent is out of the range of float64."
    elif isinstance(value, str):
        hint = "Text may be a whole number, a decimal or a fraction; an exponent is read in floats only."
        if _WRITTEN_NUMBER.fullmatch(value):
            try:
                rational = Fraction(value)
            except ZeroDivisionError:
                hint = "It divides by 0."
    elif isinstance(value, Real):
        if math.isfinite(value):
            return float(value)
    elif hasattr(value, "item"):
        hint = "Take the number out of the array or tensor, with .item()."
    if rational is not None:
        try:
            float(rational)
        except OverflowError:
            hint = "It does not fit in a float64, which sampling needs."
        else:
            return rational
    raise invalid(expected, name, value, hint)


def as_rational(value: Number) -> Fraction:
    """Read a float as the shortest decimal that prints the same, so that ``0.1`` is one tenth.

    Symbolic sums need rationals. Taking a float's exact binary value instead would turn the user's 0.1 into
    3602879701896397/36028797018963968.

    >>> as_rational(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def as_distribution(row: Sequence[Number]) -> tuple[Fraction, ...]:
    """Read the probabilities of one row as rationals that sum to 1 exactly.

    They are the decimals that the floats print as, if these sum to 1; else the simplest fractions that round to the
    very same floats, if these do; else the decimals, with what is missing added to the largest. A zero stays a zero.

    >>> as_distribution([0.1, 0.9]), as_distribution([1 / 3, 2 / 3])
    ((Fraction(1, 10), Fraction(9, 10)), (Fraction(1, 3), Fraction(2, 3)))
    >>> sum(as_distribution([0.3333333333333333, 0.3333333333333333, 0.3333333333333337])) == 1
    True
    """
    read = [as_rational(value) for value in row]
    if sum(read) == 1:
        return tuple(read)
    simple = [value.limit_denominator(_LARGEST_DENOMINATOR) for value in read]
    if sum(simple) == 1 and all(float(a) == float(b) for a, b in zip(simple, row, strict=True)):
        return tuple(simple)
    largest = max(range(len(read)), key=read.__getitem__)  # at least 1/n; what is missing is mere rounding
    read[largest] += 1 - sum(read, start=Fraction(0))
    return tuple(read)


def is_exact(values: Iterable[Number]) -> bool:
    """Whether all of the numbers are rationals."""
    return not any(isinstance(value, float) for value in values)


def probabilities(
    values: Sequence[object], name: str, *, each: Sequence[str] = (), given: object = None, dtype: object = None
) -> tuple[Number, ...]:
    """Read one probability distribution: each number in [0, 1], together exactly 1.

    With floats in it the sum may miss 1 by rounding alone: each of the k numbers is rounded once when it is
    written (relative error 2**-53, in single precision 2**-24) and once when it is added, so 2 k 2**-53 in all.

    Args:
        values: the probabilities.
        name: of the distribution, for messages.
        each: a name for each value; ``name[0]``, ``name[1]``, … by default.
        given: what the user wrote, if it is not the list of values itself.
        dtype: of the array the values come from, if they come from one.

    Raises:
        InvalidArgument: if a number is outside [0, 1], or the sum is not 1.
    """
    names = each or [f"{name}[{i}]" for i in range(len(values))]
    row = tuple(number(value, its_name) for value, its_name in zip(values, names, strict=True))
    for value, read, its_name in zip(values, row, names, strict=True):
        if not 0 <= read <= 1:
            raise invalid("a probability between 0 and 1", its_name, value)
    total = sum(row, start=Fraction(0))
    bits = min([_significant_bits(dtype), *(_significant_bits(getattr(value, "dtype", None)) for value in values)])
    rounding = 0.0 if is_exact(row) else 2 * len(row) * 2.0**-bits
    if abs(total - 1) > rounding:
        hint = f"They sum to {shown(total, str)}."
        if abs(total - 1) < 1e-3:
            hint += ' Text such as "1/3" is read exactly; or divide by the sum.'
        raise invalid("probabilities that sum to 1", name, list(values) if given is None else given, hint)
    return row


def object_array(values: Sequence[object]) -> Array:
    """Put numbers of any kind into a flat array of objects, in which rationals stay exact.

    >>> object_array([Fraction(1, 3), Fraction(2, 3)]).sum()
    Fraction(1, 1)
    """
    import numpy as np  # games are defined without it

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _significant_bits(dtype: object) -> int:
    return _SIGNIFICANT_BITS.get(str(dtype).removeprefix("torch."), 53)
