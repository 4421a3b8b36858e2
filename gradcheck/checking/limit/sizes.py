"""Batch sizes at which a loss may begin to do something else, by the numbers in its code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.checking.numbers_in_code import numbers_in_code

_LEAST = 2  # below there is nothing to switch

#: Above, no batches are enumerated, of however few episodes; and above this, a number is not taken for a size at all.
_LARGEST_ENUMERATED = 128
LARGEST_NUMBER = 10_000


def sizes_in_code(loss: Callable[..., Any], *, most: int = _LARGEST_ENUMERATED) -> tuple[int, ...]:
    """The whole numbers from 2 to ``most`` in the code of a loss, in increasing order.

    >>> def loss(policy, episodes):
    ...     return 0.2 if episodes.num_episodes >= 32 else -5
    >>> sizes_in_code(loss)
    (32,)
    """
    return tuple(int(n) for n in numbers_in_code(loss) if n == int(n) and _LEAST <= n <= most)


def on_both_sides(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Each size with the next smaller and the next larger one.

    >>> on_both_sides((32,))
    (31, 32, 33)
    """
    return tuple(sorted({size + change for size in sizes for change in (-1, 0, 1)}))
