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
        warnings.simplefilter("ignore")  # a deprecation met in importing a library is not the user's to mend
        try:
            return import_module(module)
        except ImportError as error:
            library = module.partition(".")[0]
            raise ImportError(f'These games need {library}: pip install "gradcheck[{extra}]"') from error
