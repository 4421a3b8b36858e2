"""The error for every bad argument: what was expected, what was given, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcheck.tree.user_code import user_code

_LONGEST_VALUE_SHOWN = 120
_LONGEST_VALUE_READ = 1_000  # looking for line breaks in a megabyte of spaces would take an hour


class InvalidArgument(ValueError):
    """An argument, a file or an option that cannot be used.

    Its text always reads ``Expected … but got name=value (type=…)``, followed by a hint where one helps.
    """


class _CannotBePrinted(Exception):
    """What a value raised instead of its text."""


def invalid(expected: str, name: str, value: object, hint: str = "") -> InvalidArgument:
    """Build the error; the caller raises it, so that the traceback ends at the check itself.

    >>> print(invalid("a positive whole number", "episodes", -3, "Leave it out for the default."))
    Expected a positive whole number but got episodes=-3 (type=int). Leave it out for the default.
    """
    message = f"Expected {expected} but got {name}={shown(value)} (type={type(value).__name__})"
    return InvalidArgument(f"{message}. {hint}" if hint else message)


def shown(value: object, write: Callable[[object], str] = repr) -> str:
    """Write any value on one line of at most 120 characters.

    >>> shown("-" * 1000)[-3:], shown(10**5000)
    ('--…', 'a value that cannot be printed')
    """
    try:
        with user_code(lambda _: _CannotBePrinted()):  # an int of more than 4300 digits, or a class of the user's
            text = write(value)
    except _CannotBePrinted:
        return "a value that cannot be printed"
    text = re.sub(r"\s*\n\s*", " ", text[:_LONGEST_VALUE_READ])  # arrays and modules print on several lines
    return text if len(text) <= _LONGEST_VALUE_SHOWN else text[: _LONGEST_VALUE_SHOWN - 1] + "…"
