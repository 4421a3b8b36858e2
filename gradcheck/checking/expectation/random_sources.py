"""What a loss can draw random numbers from: the generators that it holds, and whether it may make one anew."""

from __future__ import annotations

import os
import random
import secrets
import sys
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np
import torch

#: Whose state can be asked for, and put back.
Generator: TypeAlias = (
    torch.Generator | random.Random | np.random.Generator | np.random.BitGenerator | np.random.RandomState
)

_GENERATORS = (torch.Generator, random.Random, np.random.Generator, np.random.BitGenerator, np.random.RandomState)
_MOST_OBJECTS = 5_000  # more are data
_NOT_THEIRS = sys.stdlib_module_names | {"torch", "numpy", "gradcheck"}
_SOURCES = (
    *(np.random.default_rng, np.random.RandomState, np.random.SeedSequence, np.random.PCG64, np.random.MT19937),
    *(random.Random, random.SystemRandom, os.urandom, uuid.uuid1, uuid.uuid4),
    *(secrets.randbits, secrets.randbelow, secrets.choice, secrets.token_bytes, secrets.token_hex),
)
_NAMES_OF_SOURCES = frozenset(source.__name__ for source in _SOURCES) - {"choice"} | {"secrets", "seed", "getrandom"}


def sources_of(*roots: object) -> tuple[tuple[Generator, ...], bool]:
    """The generators that a loss or a policy holds, and whether its code names anything that begins with a new seed.

    What it holds is in its closure, its defaults, the arguments of a partial function, its attributes, and the
    variables of its module that its code names; and so on, for what these hold, as far as it is no library's.

    Args:
        roots: where to begin.

    >>> held = np.random.default_rng(0)
    >>> sources_of(partial(sum, held)) == ((held,), False)
    True
    >>> sources_of(partial(sum, np.random.default_rng))
    ((), True)
    """
    generators: dict[int, Generator] = {}
    seen: dict[int, object] = {}
    names_a_source = False
    waiting = deque(roots)
    while waiting and len(seen) < _MOST_OBJECTS:
        what = waiting.popleft()
        if id(what) in seen:
            continue
        seen[id(what)] = what
        if isinstance(what, random.SystemRandom) or any(what is source for source in _SOURCES):
            names_a_source = True
        elif isinstance(what, _GENERATORS):
            generators[id(what)] = what
        elif isinstance(what, CodeType):
            names_a_source = names_a_source or not _NAMES_OF_SOURCES.isdisjoint(what.co_names)
        waiting.extend(_held_by(what))
    return tuple(generators.values()), names_a_source


def _held_by(what: Any) -> Iterator[object]:
    if isinstance(what, partial):
        yield from (what.func, *what.args, *what.keywords.values())
    elif isinstance(what, MethodType):
        yield from (what.__self__, what.__func__)
    elif isinstance(what, FunctionType):
        if _is_theirs(what):
            yield from _held_by_function(what)
    elif isinstance(what, CodeType):
        yield from (constant for constant in what.co_consts if isinstance(constant, CodeType))
    elif isinstance(what, dict):
        yield from what.values()
    elif isinstance(what, tuple | list | set | frozenset | deque):
        yield from what
    elif not isinstance(what, type | ModuleType | torch.Tensor | np.ndarray):
        held = getattr(what, "__dict__", None)
        if isinstance(held, dict):
            yield held
        for name in ("__call__", "forward"):
            method = getattr(type(what), name, None)
            if isinstance(method, FunctionType):
                yield method


def _held_by_function(function: FunctionType) -> Iterator[object]:
    yield from (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        getattr(function, "__wrapped__", None),
    )
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # an empty cell
            yield cell.cell_contents
    names = list(_names_in(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if not isinstance(value, ModuleType):
            yield value
        elif value.__name__.partition(".")[0] not in _NOT_THEIRS:
            yield from (vars(value)[other] for other in names if other in vars(value))


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _is_theirs(function: FunctionType) -> bool:
    return (function.__module__ or "").partition(".")[0] not in _NOT_THEIRS


def state_of(generator: Generator) -> Any:
    """A copy of its state."""
    match generator:
        case torch.Generator():
            return generator.get_state()
        case random.Random():
            return generator.getstate()
        case np.random.Generator():
            return generator.bit_generator.state
        case np.random.RandomState():
            return generator.get_state(legacy=False)
        case _:
            return generator.state


def set_state(generator: Generator, state: Any) -> None:
    """Put a copy of its state back."""
    match generator:
        case torch.Generator():
            generator.set_state(state)
        case random.Random():
            generator.setstate(state)
        case np.random.Generator():
            generator.bit_generator.state = state
        case np.random.RandomState():
            generator.set_state(state)
        case _:
            generator.state = state
