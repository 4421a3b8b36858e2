"""Libraries that ``pip install gradcheck`` does not bring, imported when they are first needed."""

from __future__ import annotations

import warnings
from importlib import import_module
from types import ModuleType


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
