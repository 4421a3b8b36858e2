"""Checks of the arguments that several games of the gallery take."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

from gradcheck.tree.errors import invalid
from gradcheck.tree.rationals import number
from gradcheck.tree.types import Number


def whole_number(value: object, name: str, least: int = 1, most: int | None = None) -> int:
    """Read a whole number in a range.

    Raises:
        InvalidArgument: if it is none, or outside the range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least or (most and int(value) > most):
        limits = f"{least} or more" if most is None else f"{least} to {most:,}"
        raise invalid(f"a whole number, {limits}", name, value)
    return int(value)


def numbers(values: object, name: str, count: int | None = None) -> tuple[Number, ...]:
    """Read a list of finite numbers, at least one, or exactly ``count``.

    Raises:
        InvalidArgument: if it is no such list.
    """
    wanted = "at least one number" if count is None else f"{count} numbers"
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise invalid(f"a list of {wanted}", name, values)
    if not values or (count is not None and len(values) != count):
        raise invalid(f"a list of {wanted}", name, values, f"It has {len(values)}." if values else "It is empty.")
    return tuple(number(value, f"{name}[{i}]") for i, value in enumerate(values))
