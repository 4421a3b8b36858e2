"""Checks of arguments that several functions take."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from gradcheck.tree.errors import invalid


def positive(value: object, name: str) -> int:
    """A whole number, 1 or more, that fits in an int64."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise invalid("a whole number, 1 or more", name, value)
    if int(value) >= 2**63:
        raise invalid("a whole number below 2**63", name, value)
    return int(value)


def generator(seed: object) -> np.random.Generator:
    """The random numbers that belong to a seed."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise invalid("a whole number, 0 or more", "seed", seed, "Every seed gives another sample, always the same.")
    return np.random.default_rng(int(seed))
