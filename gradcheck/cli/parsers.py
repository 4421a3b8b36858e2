"""Text behind an option of the command line → its value, with a message that names the option."""

from __future__ import annotations

import argparse
import math

from gradcheck.tree.errors import invalid


class at_least:  # noqa: N801 - argparse shows the name of a type in its messages
    """A whole number from a smallest one on that fits in an int64, with a message that says so."""

    def __init__(self, smallest: int, option: str) -> None:
        self._smallest = smallest
        self._option = option

    def __call__(self, text: str) -> int:
        """Read it."""
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not self._smallest <= value < 2**63:
            expected = f"a whole number from {self._smallest} to 2**63 - 1"
            hint = "Write it like 1000 or 1_000." if value is None else ""
            raise argparse.ArgumentTypeError(str(invalid(expected, self._option, text, hint)))
        return value


def batch(text: str) -> int | tuple[int, int]:
    """A number of episodes, or the numbers of groups and of episodes in each."""
    parts = text.lower().split("x")
    expected = "a whole number from 1, or two of them, groups x episodes in each"
    try:
        numbers = [at_least(1, "--batch")(part) for part in parts]
    except argparse.ArgumentTypeError:
        numbers = []
    if len(numbers) not in {1, 2}:
        raise argparse.ArgumentTypeError(str(invalid(expected, "--batch", text, "Write it like 4 or 2x3.")))
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(str(invalid("a number above 0", "--learning-rate", text)))
    return value


def seconds(text: str) -> float:
    """A number of seconds, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(str(invalid("a number of seconds, 0 or more", "--search", text)))
    return value
