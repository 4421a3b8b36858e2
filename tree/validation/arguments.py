"""Checks of the arguments that many functions take: whole numbers, lists of numbers, discounts, misspelt names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral

from gradcheck.tree.errors import invalid
from gradcheck.tree.rationals import number
from gradcheck.tree.types import Number

_LONGEST_NAME = 100  # characters compared: the time to find near matches grows with the square of it


def whole_number(
    value: object, name: str, least: int = 1, most: int | None = None, *, expected: str = "", hint: str = ""
) -> int:
    """Read a whole number in a range.

    Args:
        value: what was given.
        name: of the argument, for messages.
        least: the smallest that is allowed.
        most: the largest, if there is one.
        expected: what the message says was expected; by default, a whole number in that range.
        hint: the end of the message.

    Raises:
        InvalidArgument: if it is none, or outside the range.

    >>> whole_number(3, "batch"), whole_number(0, "seed", least=0)
    (3, 0)
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least or not _at_most(int(value), most):
        limits = f"{least} or more" if most is None else f"{least} to {most:,}"
        raise invalid(expected or f"a whole number, {limits}", name, value, hint)
    return int(value)


def positive_int64(value: object, name: str) -> int:
    """Read a whole number, 1 or more, that fits in an int64.

    Raises:
        InvalidArgument: if it is none.
    """
    read = whole_number(value, name)
    if read >= 2**63:
        raise invalid("a whole number below 2**63", name, value)
    return read


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


def horizon_of(horizon: object) -> int | None:
    """Read the number of steps after which every episode ends, if it is limited.

    Raises:
        InvalidArgument: if it is neither None nor 1, 2, …
    """
    if horizon is None:
        return None
    hint = "Or None, where no state can come again and every episode ends by itself."
    return whole_number(horizon, "horizon", expected="a whole number of steps, 1 or more", hint=hint)


def discount_of(discount: object) -> Number:
    """Read a discount.

    Raises:
        InvalidArgument: if it is not a number between 0 and 1.
    """
    factor = number(discount, "discount")
    if not 0 <= factor <= 1:
        raise invalid("a discount between 0 and 1", "discount", discount)
    return factor


def close_names(name: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Find the known names that look most like a misspelt one, upper and lower case aside.

    Args:
        name: as it was written.
        known: the names there are.
        most: how many to find.
        cutoff: how alike they must be, from 0 (anything) to 1 (equal).
    """
    from difflib import get_close_matches  # needed for messages only

    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name[:_LONGEST_NAME].lower(), by_lower, n=most, cutoff=cutoff)
    return [by_lower[each] for each in close]


def did_you_mean(names: Iterable[str], otherwise: str = "", *, separator: str = " or ") -> str:
    """Ask whether one of these names was meant, for a hint; where there are none, say something else.

    >>> did_you_mean(close_names("Taxi-v3", ["Taxi-v4", "CartPole-v1"]))
    'Did you mean Taxi-v4?'
    """
    listed = separator.join(names)
    return f"Did you mean {listed}?" if listed else otherwise


def _at_most(value: int, most: int | None) -> bool:
    return most is None or value <= most
