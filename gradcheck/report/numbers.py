"""Numbers as people read them."""

from __future__ import annotations

import math
from fractions import Fraction

_DECIMALS = 6


def exact(value: object) -> str:
    """A rational as a short decimal where that is exact, else as a fraction; a float rounded to six digits.

    >>> exact(Fraction(659, 250)), exact(Fraction(1, 3)), exact(Fraction(-7)), exact(0.1 + 0.2)
    ('2.636', '1/3', '-7', '0.3')
    """
    if isinstance(value, Fraction):
        scaled = value * 10**_DECIMALS
        if scaled.denominator != 1:
            return str(value)
        whole, part = divmod(abs(scaled.numerator), 10**_DECIMALS)
        digits = f"{whole}.{part:0{_DECIMALS}d}".rstrip("0").rstrip(".")
        return f"-{digits}" if value < 0 else digits
    if isinstance(value, float):
        value += 0.0  # makes 0.0 of -0.0
    return "–" if value is None else f"{value:.{_DECIMALS}g}"


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


def plus_minus(mean: float, error: float | None) -> str:
    """An estimate with its standard error."""
    return f"{rounded(mean, 4)} ± {rounded(error, 4)}"


def counted(number: int, word: str) -> str:
    """A number of things.

    >>> counted(1, "episode"), counted(1_000_000, "episode")
    ('1 episode', '1,000,000 episodes')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
