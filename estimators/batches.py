"""All batches that can be drawn from a pool of episodes, with their probabilities, laid out to be computed at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb, factorial
from typing import final

import numpy as np
import torch
from torch import Tensor

from gradcheck.estimators.episodes import STEP_FIELDS, Episodes
from gradcheck.tree.types import Floats, Integers

#: Fields that are the same in all batches of one layout: they follow from the lengths alone.
_OF_LAYOUT = ("dones", "episode_index", "time_steps", "terminated", "truncated", "lengths")
#: Fields of a batch whose rows are those of its episodes in the pool.
_FROM_POOL = tuple(name for name in STEP_FIELDS if name != "episode_index")


def count_draws(kinds: int, size: int, *, ordered: bool) -> int:
    """How many ways there are to draw ``size`` times from so many kinds: sequences, or multisets.

    >>> count_draws(5, 8, ordered=False), count_draws(5, 8, ordered=True)
    (495, 390625)
    """
    return kinds**size if ordered else comb(kinds + size - 1, size)


def enumerate_draws(probabilities: Floats, size: int, *, ordered: bool) -> tuple[Integers, Floats]:
    """List every outcome of ``size`` independent draws with its probability; these sum to 1.

    Args:
        probabilities: [K] of each kind.
        size: N.
        ordered: sequences, or multisets with their multinomial probability.

    Returns:
        The kinds that were drawn [B, N], in increasing order in multisets, and the probabilities [B].

    >>> enumerate_draws(np.array([0.25, 0.75]), 2, ordered=False)[1].tolist()
    [0.0625, 0.375, 0.5625]
    """
    kinds = len(probabilities)
    if ordered:
        drawn = np.indices((kinds,) * size, dtype=np.int64).reshape(size, -1).T
        return drawn, probabilities[drawn].prod(axis=1)
    multisets = combinations_with_replacement(range(kinds), size)
    drawn = np.fromiter((kind for multiset in multisets for kind in multiset), dtype=np.int64).reshape(-1, size)
    # N! / Π c!: the product of 1, 2, …, c along each run of c equal kinds is c!.
    run, orders = np.ones(len(drawn)), np.full(len(drawn), float(factorial(size)))
    for place in range(1, size):
        run = np.where(drawn[:, place] == drawn[:, place - 1], run + 1, 1)
        orders /= run
    return drawn, orders * probabilities[drawn].prod(axis=1)


@final
@dataclass(frozen=True, eq=False)
class WeightedBatches:
    """B batches of n episodes each, or of pieces of episodes, all taken from one pool.

    Attributes:
        pool: K different episodes.
        chosen: [B, n] which of them, in their order.
        weights: [B] the probability of each batch.
        groups: [n] the group of each place in a batch; None leaves the pool's own ``group_index``.
    """

    pool: Episodes
    chosen: Integers
    weights: Floats
    groups: Integers | None = None

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, number: int) -> Episodes:
        """One of the batches."""
        batch = self.pool.select(self.chosen[number].tolist())
        if self.groups is None:
            return batch
        return replace(batch, group_index=torch.as_tensor(self.groups, device=batch.lengths.device))

    def alike(self, most: int, *, one_layout: bool = True) -> Iterator[AlikeBatches]:
        """The same batches, sorted by what they have in common, in portions of at most ``most``.

        Args:
            most: batches in a portion.
            one_layout: whether all batches of a portion have one layout; else only their numbers of steps are equal,
                which makes fewer and larger portions, for losses that never look at a length or a mask in Python.
        """
        lengths = self.pool.lengths.cpu().numpy()
        if one_layout:
            cut = self.pool.truncated.cpu().numpy()[np.cumsum(lengths) - 1]
            shape = np.where(cut, -lengths, lengths)[self.chosen]
        else:
            shape = lengths[self.chosen].sum(axis=1, keepdims=True)
        _, which = np.unique(shape, axis=0, return_inverse=True)
        order = np.argsort(which.ravel(), kind="stable")
        bounds = np.flatnonzero(np.diff(which.ravel()[order], prepend=-1))
        for begin, end in zip(bounds, np.append(bounds[1:], len(order)), strict=True):
            for start in range(begin, end, most):
                rows = order[start : min(start + most, end)]
                portion = WeightedBatches(self.pool, self.chosen[rows], self.weights[rows], self.groups)
                yield AlikeBatches(portion, one_layout)


@final
@dataclass(frozen=True, eq=False)
class AlikeBatches:
    """Batches of equally many steps, whose fields can be stacked.

    Of one layout, too, unless told otherwise: then the j-th episodes have one length in all of them, and are cut in all
    or in none. What follows from the layout alone is an ordinary tensor, shared by all: code that loops over lengths or
    pads by a mask can be vectorised over the batches, because it does the same in all of them.

    Attributes:
        batches: B of them.
        one_layout: whether all have one layout.
    """

    batches: WeightedBatches
    one_layout: bool = True

    def __len__(self) -> int:
        return len(self.batches.chosen)

    @cached_property
    def common(self) -> dict[str, Tensor]:
        """The fields that all the batches share, without a dimension for them."""
        pool, shared = self.batches.pool, {}
        if self.one_layout:
            first = pool.select(self.batches.chosen[0])
            shared = {name: getattr(first, name) for name in _OF_LAYOUT}
        if self.batches.groups is not None:
            shared["group_index"] = torch.as_tensor(self.batches.groups, device=pool.lengths.device)
        return shared

    @cached_property
    def parts(self) -> dict[str, Tensor]:
        """The other fields, [B, T, …], or [B, n] where they have a number for each episode."""
        pool, chosen = self.batches.pool, torch.as_tensor(self.batches.chosen, device=self.batches.pool.lengths.device)
        first, fields = (pool.lengths.cumsum(0) - pool.lengths)[chosen], {}
        if self.one_layout:
            steps = first[:, self.common["episode_index"]] + self.common["time_steps"]
        else:
            lengths = pool.lengths[chosen]
            numbers = torch.arange(chosen.shape[1], device=chosen.device).repeat(len(chosen))
            index = numbers.repeat_interleave(lengths.ravel()).reshape(len(chosen), -1)  # [B, T] the episode of a step
            begin = (lengths.cumsum(1) - lengths).gather(1, index)
            steps = first.gather(1, index) + torch.arange(index.shape[1], device=chosen.device) - begin
            fields = {"episode_index": index, "lengths": lengths}
        fields |= {name: getattr(pool, name)[steps] for name in _FROM_POOL if name not in self.common}
        if self.batches.groups is None:
            fields["group_index"] = pool.group_index[chosen]
        return fields

    def together(self, parts: dict[str, Tensor]) -> Episodes:
        """A batch of these parts, which may stand for many under ``torch.vmap``."""
        pool = self.batches.pool
        return Episodes(**parts, **self.common, num_episodes=self.batches.chosen.shape[1], discount=pool.discount)

    @property
    def versions(self) -> list[int]:
        """How often each of the tensors was changed in place, as torch counts it."""
        return [tensor._version for tensor in (*self.common.values(), *self.parts.values())]

    def __getitem__(self, number: int) -> Episodes:
        return self.together({name: part[number] for name, part in self.parts.items()})
