"""The numbers that a loss's own code holds: thresholds, clips and sizes at which it may begin to do something else."""

from __future__ import annotations

import dis
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any, final

_THIS_PACKAGE = __name__.partition(".")[0]
_DEEPEST = 4  # calls of one function by another that are followed
_MOST_FUNCTIONS = 100  # code beyond is a library's
_CALLED = ("__call__", "forward")  # of an object; a torch module's own code is in the second
_MOST_ITEMS = 20  # more are a table, not thresholds


def numbers_in_code(loss: Callable[..., Any]) -> tuple[float, ...]:
    """The finite numbers that a loss holds, from the smallest to the largest, each once.

    They stand in the constants of its code, in default arguments, in what it closes over or keeps as attributes, in
    arguments that ``functools.partial`` has filled, and in module variables that it reads. Functions that it calls are
    searched as well, where they are written in Python and belong to the package of the loss, unless that is this one:
    what its own helpers hold are lengths of messages and the like. A number may be there for
    any reason, an index or an axis, say: it is a hint of where to look, and no more. One that is computed, or that sits
    in a file or a library, is not found.

    Args:
        loss: a function, a method, a partial function or an object with ``__call__``.

    >>> threshold = 32
    >>> def loss(policy, episodes, least=-5):
    ...     return 0.2 if episodes.num_episodes >= 32 else least
    >>> numbers_in_code(loss)
    (-5.0, 0.2, 32.0)
    """
    return tuple(sorted(_Search().of(loss)))


@final
class _Search:
    """Walks from a loss to what it refers to, each object once."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._kept: list[object] = []  # an object that is gone could lend its id to another
        self._package = ""

    def of(self, loss: Callable[..., Any]) -> set[float]:
        self._package = _package_of(loss)
        return set(self._callable(loss, depth=0))

    def _callable(self, what: Any, depth: int) -> Iterator[float]:
        if id(what) in self._seen or depth > _DEEPEST or len(self._seen) > _MOST_FUNCTIONS:
            return
        self._seen.add(id(what))
        self._kept.append(what)
        if isinstance(what, partial):
            yield from self._values((*what.args, *what.keywords.values()), depth)
            yield from self._callable(what.func, depth)
        elif isinstance(what, MethodType):
            yield from self._attributes(what.__self__, depth)
            yield from self._callable(what.__func__, depth)
        elif isinstance(what, FunctionType):
            yield from self._function(what, depth)
        elif callable(what) and not isinstance(what, type):
            yield from self._attributes(what, depth)
            for name in _CALLED:
                method = getattr(type(what), name, None)
                if isinstance(method, FunctionType) and _package_of(method) == self._package:
                    yield from self._callable(method, depth)

    def _function(self, function: FunctionType, depth: int) -> Iterator[float]:
        yield from self._callable(getattr(function, "__wrapped__", None), depth)
        yield from self._values((*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()), depth)
        yield from self._values(_cells(function), depth)
        yield from self._code(function.__code__, function.__globals__, depth)

    def _code(self, code: CodeType, names: dict[str, Any], depth: int) -> Iterator[float]:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from self._code(constant, names, depth)
            else:
                yield from self._values((constant,), depth)
        if "LOAD_SMALL_INT" in dis.opmap:  # from Python 3.14 on, small whole numbers are no constants
            small = (step.arg for step in dis.get_instructions(code) if step.opname == "LOAD_SMALL_INT")
            yield from self._values(small, depth)
        yield from self._values([names[name] for name in code.co_names if name in names], depth)

    def _attributes(self, owner: object, depth: int) -> Iterator[float]:
        yield from self._values(list(getattr(owner, "__dict__", {}).values()), depth)

    def _values(self, values: Any, depth: int) -> Iterator[float]:
        for value in values:
            if isinstance(value, bool):
                continue
            if isinstance(value, int | float):
                yield from _finite(value)
            elif isinstance(value, tuple | list | set | frozenset | dict):
                if depth < _DEEPEST and len(value) <= _MOST_ITEMS:
                    yield from self._values(list(value.values() if isinstance(value, dict) else value), depth + 1)
            elif callable(value) and _package_of(value) == self._package != _THIS_PACKAGE:
                yield from self._callable(value, depth + 1)


def _finite(value: int | float) -> Iterator[float]:
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond all floats
        return
    if math.isfinite(number):
        yield number


def _cells(function: FunctionType) -> Iterator[Any]:
    """What it closes over, as far as that has a value yet."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # an empty cell
            yield cell.cell_contents


def _package_of(what: Any) -> str:
    while isinstance(what, partial):
        what = what.func
    module = getattr(what, "__module__", None) if isinstance(what, FunctionType | MethodType) else type(what).__module__
    return module.partition(".")[0] if isinstance(module, str) else ""
