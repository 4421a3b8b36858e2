"""The one error for every bad argument: what was expected, what came, and what to do about it."""

from __future__ import annotations

_LONGEST_VALUE_SHOWN = 120


class InvalidArgument(ValueError):
    """An argument, a file or an option that cannot be used.

    Its text always reads ``Expected … but got name=value (type=…)``, followed by a hint where one helps.
    """


def invalid(expected: str, name: str, value: object, hint: str = "") -> InvalidArgument:
    """Build the error; the caller raises it, so that the traceback ends at the check itself.

    >>> print(invalid("a positive whole number", "episodes", -3, "Leave it out for the default."))
    Expected a positive whole number but got episodes=-3 (type=int). Leave it out for the default.
    """
    shown = repr(value)
    if len(shown) > _LONGEST_VALUE_SHOWN:
        shown = shown[: _LONGEST_VALUE_SHOWN - 1] + "…"
    message = f"Expected {expected} but got {name}={shown} (type={type(value).__name__})"
    return InvalidArgument(f"{message}. {hint}" if hint else message)
