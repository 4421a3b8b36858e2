"""The one place that catches whatever a user's own code raises: losses, policies, games, classes."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import final


@final
class user_code:  # noqa: N801 - used like contextlib.suppress
    """Run a user's code, and raise what becomes of its error.

    Everywhere else only errors that are known beforehand are caught, so that a mistake in this package is never taken
    for one in theirs. A class, because a generator would take as long as many a loss.

    Args:
        translate: the error they raised → the one to raise. The same one is raised as it was.

    >>> with user_code(lambda error: ValueError(f"your code raised {type(error).__name__}")):
    ...     {}["key"]
    Traceback (most recent call last):
    ValueError: your code raised KeyError
    """

    __slots__ = ("_translate",)

    def __init__(self, translate: Callable[[Exception], BaseException]) -> None:
        self._translate = translate

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            translated = self._translate(error)
            if translated is not error:
                raise translated from error
