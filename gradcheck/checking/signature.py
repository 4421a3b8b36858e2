"""The options of ``check`` in the signatures and docstrings of the functions that take them."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

from gradcheck.checking.options import CheckOptionsDict, described

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MARK = re.compile(r"[ \t]*\{options\}")


def takes_options(function: _Function, *, leave_out: tuple[str, ...] = ()) -> _Function:
    """Spell out ``**options`` in a function's signature, and in the line ``{options}`` of its docstring.

    Type checkers and editors read the options from ``CheckOptionsDict``; ``help`` and ``inspect`` read this.
    """
    signature = inspect.signature(function)
    types = {name: hint.__forward_arg__ for name, hint in CheckOptionsDict.__annotations__.items()}
    listed = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    for name, (field, _) in described().items():
        if name in leave_out:
            continue
        kind = inspect.Parameter.KEYWORD_ONLY
        default = str(field.default) if isinstance(field.default, str) else field.default
        listed.append(inspect.Parameter(name, kind, default=default, annotation=types[name]))
    setattr(function, "__signature__", signature.replace(parameters=listed))  # noqa: B010 - pyright knows no such attribute
    if function.__doc__ is not None:
        function.__doc__ = _MARK.sub(_listed(leave_out), function.__doc__)
    return function


def _listed(leave_out: tuple[str, ...]) -> str:
    lines = []
    for name, (_, option) in described().items():
        if name in leave_out:
            continue
        text = textwrap.fill(f"{name}: {option.help}.", width=112, subsequent_indent="    ", break_on_hyphens=False)
        lines.append(textwrap.indent(text, "        "))
    return "\n".join(lines)
