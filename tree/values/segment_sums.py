"""Sums over segments, the few items of each owner: the edges of a choice, the choices of a node.

`numpy.add.reduceat` adds up one segment after another; for segments of two or three numbers, that costs several times
as much as the additions. Here the first items of all owners are added to their second items, and so on, in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.types import Array

_MAX_WIDTH = 32  # items of an owner that are added in columns; longer segments are added one by one


@final
@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """Which items belong to which owner.

    Attributes:
        width: how many items each owner has; None where it differs.
        starts: the first item of each owner.
        owner: of each item; None where ``width`` tells it.
        by_width: for each width the owners that have it, and where their first, second, … items are; empty where
            ``width`` tells it.
        order: of the items, owner by owner; None where they stand so.
    """

    width: int | None
    starts: Array
    owner: Array | None
    by_width: tuple[tuple[Array, tuple[Array, ...]], ...]
    order: Array | None = None

    @classmethod
    def consecutive(cls, starts: Array, size: int) -> Segments:
        """From the first item of each owner, and the number of items."""
        sizes = np.diff(starts, append=size)
        width = int(sizes[0])
        if (sizes == width).all() and width <= _MAX_WIDTH:
            return cls(width, starts, None, ())
        return cls(None, starts, np.repeat(np.arange(len(starts)), sizes), _by_width(sizes, starts, np.arange(size)))

    @classmethod
    def scattered(cls, owner: Array, size: int) -> Segments:
        """From the owner of each item; each of ``size`` owners has one."""
        if len(owner) == size and (owner == np.arange(size)).all():
            return cls(1, owner, None, ())
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(size))
        return cls(None, starts, owner, _by_width(np.diff(starts, append=len(owner)), starts, order), order)

    def total(self, items: Array) -> Array:
        """The sum of each owner's items."""
        if self.width is not None:
            return _columns(items, self.width) if self.width > 1 else items
        if items.dtype == object:
            return np.add.reduceat(items if self.order is None else items[self.order], self.starts, axis=0)
        if items.ndim == 1:
            return np.bincount(self.owner, items, minlength=len(self.starts))  # type: ignore[arg-type]
        total = np.empty((len(self.starts), *items.shape[1:]), dtype=items.dtype)
        for owners, where in self.by_width:
            if len(where) <= _MAX_WIDTH:
                total[owners] = _gathered(items, where)
            else:
                for owner, of_owner in zip(owners.tolist(), np.stack(where, axis=1), strict=True):
                    total[owner] = items.take(of_owner, axis=0).sum(axis=0)
        return total

    def repeat(self, values: Array) -> Array:
        """For each item the value of its owner."""
        if self.width is None:
            return values.take(self.owner, axis=0)  # type: ignore[arg-type]
        return values.repeat(self.width, axis=0) if self.width > 1 else values


def _columns(items: Array, width: int) -> Array:
    total = items[0::width] + items[1::width]
    for i in range(2, width):
        total += items[i::width]
    return total


def _gathered(items: Array, where: tuple[Array, ...]) -> Array:
    first, *others = where
    total = items.take(first, axis=0)
    for column in others:
        total += items.take(column, axis=0)
    return total


def _by_width(sizes: Array, starts: Array, order: Array) -> tuple[tuple[Array, tuple[Array, ...]], ...]:
    groups = [(int(width), np.flatnonzero(sizes == width)) for width in np.unique(sizes)]
    return tuple((owners, tuple(order[starts[owners] + i] for i in range(width))) for width, owners in groups)
