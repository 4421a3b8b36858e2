"""Numbers as people read them."""

from __future__ import annotations

import math
from fractions import Fraction

_DECIMALS = 6
_LONGEST_FRACTION = 10  # characters in a table
_LONGEST_WHOLE_NUMBER = 120  # digits, a line and a half


def exact(value: object) -> str:
    """A rational as a short decimal where that is exact, else as a fraction; a float, or what is long, to six digits.

    >>> exact(Fraction(659, 250)), exact(Fraction(1, 3)), exact(Fraction(-7)), exact(0.1 + 0.2)
    ('2.636', '1/3', '-7', '0.3')
    >>> exact(Fraction(1, 3**40))
    '8.22526e-20'
    """
    if isinstance(value, Fraction):
        if not is_short(value, _LONGEST_FRACTION):
            return f"{float(value):.{_DECIMALS}g}"
        scaled = value * 10**_DECIMALS
        if scaled.denominator != 1:
            return str(value)
        whole, part = divmod(abs(scaled.numerator), 10**_DECIMALS)
        digits = f"{whole}.{part:0{_DECIMALS}d}".rstrip("0").rstrip(".")
        return f"-{digits}" if value < 0 else digits
    if isinstance(value, float):
        value += 0.0  # makes 0.0 of -0.0
    return "–" if value is None else f"{value:.{_DECIMALS}g}"


def is_short(value: Fraction, longest: int) -> bool:
    """Whether a fraction has at most so many characters."""
    bits = value.numerator.bit_length() + value.denominator.bit_length()  # Python refuses to write thousands of digits
    return bits <= 4 * longest and len(str(value)) <= longest


def whole(number: int) -> str:
    """A whole number with every digit; one of hundreds of digits by its size.

    >>> whole(10**6), whole(12 * 10**200)
    ('1,000,000', 'about 1.20e+201')
    """
    power = math.log10(max(number, 1))
    if power < _LONGEST_WHOLE_NUMBER:
        return f"{number:,}"
    return f"about {10 ** (power % 1):.2f}e+{math.floor(power)}"


def signed(value: object) -> str:
    """A reward with its sign: +3, -10, 0."""
    text = exact(value)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def rounded(value: float | None, digits: int = 5) -> str:
    """A float to a fixed number of decimals, so that a column lines up; a dash where there is none, or NaN.

    >>> rounded(-0.52976142), rounded(None), rounded(-1e-17)
    ('-0.52976', '–', '0.00000')
    """
    if value is None or math.isnan(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0 makes 0.0 of -0.0


def plus_minus(mean: float, error: float | None, digits: int = 4) -> str:
    """An estimate with its standard error."""
    return f"{rounded(mean, digits)} ± {rounded(error, digits)}"


def decimals(largest: float) -> int:
    """How many decimals show four digits of the largest number in a column; four at least, ten at most.

    >>> decimals(25.0), decimals(0.01), decimals(0.0)
    (4, 5, 4)
    """
    return min(10, max(4, 3 - math.floor(math.log10(largest)))) if largest else 4


def counted(number: int, word: str) -> str:
    """A number of things.

    >>> counted(1, "episode"), counted(1_000_000, "episode")
    ('1 episode', '1,000,000 episodes')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
