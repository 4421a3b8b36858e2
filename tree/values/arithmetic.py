"""The numbers that exact values are computed in: python-flint's rationals where installed, Fractions otherwise.

Both are exact and give the same results; flint's are several times as fast. What is handed out are Fractions.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any, final

from gradcheck.tree.rationals import object_array
from gradcheck.tree.types import Array


@final
@dataclass(frozen=True)
class Arithmetic:
    """How lists of Fractions become numbers to compute with, and how these become Fractions again."""

    name: str
    from_fractions: Callable[[Iterable[Fraction]], list[Any]]
    to_fractions: Callable[[Iterable[Any]], list[Fraction]]

    def __reduce__(self) -> tuple[object, ...]:
        return _by_name, (self.name,)  # so that an evaluation can be pickled, though these functions cannot

    def read(self, values: Iterable[Fraction]) -> Array:
        """An object array to compute with."""
        with without_garbage_collection():
            return object_array(self.from_fractions(values))

    def write(self, values: Array) -> Array:
        """The same numbers as Fractions."""
        with without_garbage_collection():
            return object_array(self.to_fractions(values.tolist()))


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause Python's collector of cyclic garbage while millions of small tuples are made.

    Tuples of numbers have no cycles, and each look for some takes longer than the last: without a pause, a third of the
    time of multiplying out a large sum goes there.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


FRACTIONS = Arithmetic("fractions", list, list)


def _by_name(name: str) -> Arithmetic:
    return FRACTIONS if name == FRACTIONS.name else fastest()


@cache
def fastest() -> Arithmetic:
    """Flint's rationals, if python-flint is installed."""
    try:
        from flint import fmpq
    except ImportError:
        return FRACTIONS
    lowest_terms = _lowest_terms()

    def from_fractions(values: Iterable[Fraction]) -> list[Any]:
        return [fmpq(value.numerator, value.denominator) for value in values]

    def to_fractions(values: Iterable[Any]) -> list[Fraction]:
        return [lowest_terms(int(value.p), int(value.q)) for value in values]

    return Arithmetic("flint", from_fractions, to_fractions)


def _lowest_terms() -> Callable[[int, int], Fraction]:
    """Fraction(n, d) for numbers that have no common divisor: Python need not look for one, where it lets us say so."""
    made = getattr(Fraction, "_from_coprime_ints", None)  # Python 3.12 and later
    if made is not None:
        return made
    try:
        Fraction(1, 2, _normalize=False)  # type: ignore[call-arg]  # Python 3.11 and before
    except TypeError:
        return Fraction
    return partial(Fraction, _normalize=False)  # type: ignore[call-arg]
