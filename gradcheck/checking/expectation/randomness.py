"""Whether random numbers were drawn: by the states of the generators that people use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def random_states() -> tuple[object, ...]:
    """A digest that changes whenever torch, numpy or Python draws from its global generator."""
    numpys = np.random.get_state(legacy=False)["state"]  # noqa: NPY002 - the global generator is what is watched
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), numpys["key"].tobytes(), numpys["pos"]


@contextmanager
def kept_generators(seed: int | None = None) -> Iterator[None]:
    """Leave the global generators as they were; begin from a seed, where one is given."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002 - as above
    try:
        if seed is not None:
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002 - what a loss may draw from
        yield
    finally:
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])  # noqa: NPY002 - as above
