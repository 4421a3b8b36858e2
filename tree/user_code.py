"""The one place that catches whatever a user's own code raises: losses, policies, games, classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def user_code(translate: Callable[[Exception], BaseException]) -> Iterator[None]:
    """Run a user's code, and raise what becomes of its error.

    Everywhere else only errors that are known beforehand are caught, so that a mistake in this package is never taken
    for one in theirs.

    Args:
        translate: the error they raised → the one to raise. The same one is raised as it was.

    >>> with user_code(lambda error: ValueError(f"your code raised {type(error).__name__}")):
    ...     {}["key"]
    Traceback (most recent call last):
    ValueError: your code raised KeyError
    """
    try:
        yield
    except Exception as error:
        translated = translate(error)
        if translated is error:
            raise
        raise translated from error
