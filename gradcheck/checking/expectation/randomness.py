"""Whether a loss draws random numbers: by the states of the generators that it may draw from, which are put back."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import numpy as np
import torch

from gradcheck.checking.expectation.random_sources import set_state, sources_of, state_of


@contextmanager
def kept_generators(seed: int | None = None) -> Iterator[None]:
    """Leave the global generators as they were; begin from a seed, where one is given."""
    states = _global_states()
    try:
        if seed is not None:
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002 - what a loss may draw from
        yield
    finally:
        _set_global_states(states)


@final
class Generators:
    """The global generators of torch, numpy and Python, and those that a loss or its policy holds.

    Args:
        holders: a loss, a policy.

    Attributes:
        may_be_made_anew: whether their code may make one that begins with an unknown seed, or ask the system.
    """

    def __init__(self, *holders: object) -> None:
        self._held, self.may_be_made_anew = sources_of(*holders)

    def states(self) -> tuple[Any, ...]:
        """Of all, the global ones first."""
        return (*_global_states(), *map(state_of, self._held))

    def set_states(self, states: tuple[Any, ...]) -> None:
        """Make all draw the same numbers again as after ``states``."""
        count = len(_GLOBAL)
        _set_global_states(states[:count])
        for generator, state in zip(self._held, states[count:], strict=True):
            set_state(generator, state)

    def drawn_from(self, before: tuple[Any, ...]) -> tuple[str, ...]:
        """In words, those whose states are others than before."""
        names = (*_GLOBAL, *(f"a {_kind(generator)} that it holds" for generator in self._held))
        now = self.states()
        changed = [n for n, a, b in zip(names, before, now, strict=True) if _digest(a) != _digest(b)]
        return tuple(dict.fromkeys(changed))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Leave all as they were."""
        states = self.states()
        try:
            yield
        finally:
            self.set_states(states)


_GLOBAL = ("torch's global generator", "Python's global generator", "numpy's global generator")


def _global_states() -> tuple[Any, ...]:
    numpys = np.random.get_state()  # noqa: NPY002 - the global generator is what is watched
    return torch.get_rng_state(), random.getstate(), numpys


def _set_global_states(states: tuple[Any, ...]) -> None:
    torchs, pythons, numpys = states
    torch.set_rng_state(torchs)
    random.setstate(pythons)
    np.random.set_state(numpys)  # noqa: NPY002 - as above


def _digest(state: Any) -> bytes:
    return state.numpy().tobytes() if isinstance(state, torch.Tensor) else pickle.dumps(state)


def _kind(generator: object) -> str:
    return f"{type(generator).__module__.partition('.')[0]} {type(generator).__name__}"
