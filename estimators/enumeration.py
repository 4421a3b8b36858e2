"""All the ways in which a batch can come out, each with its probability."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


def count_of(kinds: int, size: int, *, ordered: bool) -> int:
    """How many batches of ``size`` there are, each of one of ``kinds``: sequences, or multisets.

    >>> count_of(5, 8, ordered=False), count_of(5, 8, ordered=True)
    (495, 390625)
    """
    return kinds**size if ordered else comb(kinds + size - 1, size)


def every(probabilities: Floats, size: int, *, ordered: bool) -> tuple[Numbers, Floats]:
    """Every batch of ``size`` independent draws with its probability; these sum to 1.

    Args:
        probabilities: [K] of each kind.
        size: N.
        ordered: sequences, or multisets with their multinomial probability.

    Returns:
        The kinds in each batch [B, N], in increasing order in multisets, and the probabilities [B].

    >>> every(np.array([0.25, 0.75]), 2, ordered=False)[1].tolist()
    [0.0625, 0.375, 0.5625]
    """
    kinds = len(probabilities)
    if ordered:
        chosen = np.indices((kinds,) * size, dtype=np.int64).reshape(size, -1).T
        return chosen, probabilities[chosen].prod(axis=1)
    listed = combinations_with_replacement(range(kinds), size)
    flat = np.fromiter((kind for batch in listed for kind in batch), dtype=np.int64)
    chosen = flat.reshape(-1, size)
    # N! / Π c!: the product of 1, 2, …, c along each run of c equal kinds is c!.
    run, orders = np.ones(len(chosen)), np.full(len(chosen), float(factorial(size)))
    for place in range(1, size):
        run = np.where(chosen[:, place] == chosen[:, place - 1], run + 1, 1)
        orders /= run
    return chosen, orders * probabilities[chosen].prod(axis=1)
