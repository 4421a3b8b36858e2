"""What is optional: libraries that are imported when they are first needed, and names a user may have misspelt."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

_LONGEST_NAME = 100  # the time to find near matches grows with the square of it


def optional_module(module: str, extra: str) -> ModuleType:
    """Import a module of a library that ``pip install gradcheck`` does not bring.

    Args:
        module: its name.
        extra: the extra of gradcheck that brings it.

    Raises:
        ImportError: if it is missing; it says how to get it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library's import deprecates is between it and its own dependencies
        try:
            return import_module(module)
        except ImportError as error:
            library = module.partition(".")[0]
            raise ImportError(f'These games need {library}: pip install "gradcheck[{extra}]"') from error


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint with the known names that look most alike, upper and lower case aside.

    >>> did_you_mean("Taxi-v3", ["Taxi-v4", "CartPole-v1"])
    'Did you mean Taxi-v4?'
    """
    by_lower = {each.lower(): each for each in known}
    close = [by_lower[each] for each in get_close_matches(name[:_LONGEST_NAME].lower(), by_lower, cutoff=0.7)]
    return f"Did you mean {', '.join(close)}?" if close else otherwise
