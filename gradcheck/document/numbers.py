"""Numbers, shares and lists as people read them; every page, message and report of the product writes them this way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

_DECIMALS = 6
_LARGEST_SHARE = 1e7
_ALL_DIGITS = 17  # of a float64
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


def short(value: float, digits: int = 3) -> str:
    """A float to three significant digits.

    >>> short(0.5), short(1 / 3), short(123456.0), short(-0.0)
    ('0.5', '0.333', '1.23e+05', '0')
    """
    return f"{value + 0.0:.{digits}g}"  # + 0.0 makes 0.0 of -0.0


def apart(one: float, other: float, digits: int = 4) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, four at least.

    >>> apart(0.5, 0.25), apart(0.7681234, 0.7681239), apart(0.5, 0.5)
    (('0.5', '0.25'), ('0.768123', '0.768124'), ('0.5', '0.5'))
    """
    for number in range(digits, _ALL_DIGITS):
        if one == other or short(one, number) != short(other, number):
            return short(one, number), short(other, number)
    return short(one, _ALL_DIGITS), short(other, _ALL_DIGITS)


def short_vector(values: Sequence[float], *, most: int = 4, digits: int = 4) -> str:
    """The first few numbers of a vector.

    >>> short_vector([0.25, -1 / 3]), short_vector([1.0, 2.0, 3.0, 4.0, 5.0])
    ('[0.25, -0.3333]', '[1, 2, 3, 4, …]')
    """
    more = ", …" if len(values) > most else ""
    return f"[{', '.join(short(value, digits) for value in values[:most])}{more}]"


def percent(share: float) -> str:
    """A share of one, to two digits where it is small.

    >>> percent(0.3149), percent(0.00123), percent(12.3456), percent(1.5e9), percent(float("inf"))
    ('31%', '0.12%', '1,235%', '1.5e+11%', 'infinitely much')
    """
    if not math.isfinite(share):
        return "infinitely much"
    if not share or 0.0995 <= share < _LARGEST_SHARE:
        return f"{100 * share:,.0f}%"
    return f"{100 * share:.2g}%"


def listed(words: Iterable[object]) -> str:
    """Words with commas and an "and".

    >>> listed([1, 2, 4]), listed(["groups"])
    ('1, 2 and 4', 'groups')
    """
    *first, last = map(str, words)
    return f"{', '.join(first)} and {last}" if first else last


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
