"""Batches made of a pool of episodes, with their probabilities, laid out so that many can be computed at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradcheck.estimators.episodes import Episodes

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Fields that are the same in all batches of one layout: they follow from the lengths alone.
_COMMON = ("dones", "episode_index", "time_steps", "terminated", "truncated", "lengths")
_BY_STEP = tuple(
    field.name for field in fields(Episodes) if field.name not in {*_COMMON, "num_episodes", "group_index", "discount"}
)


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
    chosen: Numbers
    weights: Floats
    groups: Numbers | None = None

    def __getitem__(self, number: int) -> Episodes:
        """One of the batches."""
        found = self.pool.select(self.chosen[number].tolist())
        if self.groups is None:
            return found
        return replace(found, group_index=torch.as_tensor(self.groups, device=found.lengths.device))

    def alike(self, most: int) -> Iterator[AlikeBatches]:
        """The same batches, sorted by the lengths of their episodes, in portions of at most ``most``."""
        lengths = self.pool.lengths.cpu().numpy()
        ends = np.cumsum(lengths) - 1
        cut = self.pool.truncated.cpu().numpy()[ends]
        layout = np.where(cut, -lengths, lengths)[self.chosen]
        _, which = np.unique(layout, axis=0, return_inverse=True)
        order = np.argsort(which.ravel(), kind="stable")
        bounds = np.flatnonzero(np.diff(which.ravel()[order], prepend=-1))
        for begin, end in zip(bounds, np.append(bounds[1:], len(order)), strict=True):
            for start in range(begin, end, most):
                some = order[start : min(start + most, end)]
                yield AlikeBatches(WeightedBatches(self.pool, self.chosen[some], self.weights[some], self.groups))


@final
@dataclass(frozen=True, eq=False)
class AlikeBatches:
    """Batches of one layout: the j-th episodes have one length in all of them, and are cut in all or in none.

    What follows from the layout alone is an ordinary tensor, shared by all: code that loops over lengths or pads by a
    mask can be vectorised over the batches, because all of them take the same turns.
    """

    batches: WeightedBatches

    def __len__(self) -> int:
        return len(self.batches.chosen)

    @cached_property
    def common(self) -> dict[str, Tensor]:
        """The fields that all the batches share, without a dimension for them."""
        first = self.batches.pool.select(self.batches.chosen[0])
        shared = {name: getattr(first, name) for name in _COMMON}
        if self.batches.groups is not None:
            shared["group_index"] = torch.as_tensor(self.batches.groups, device=first.lengths.device)
        return shared

    @cached_property
    def parts(self) -> dict[str, Tensor]:
        """The other fields, [B, T, …], and [B, n] for the group index."""
        pool, chosen = self.batches.pool, torch.as_tensor(self.batches.chosen, device=self.batches.pool.lengths.device)
        first = (pool.lengths.cumsum(0) - pool.lengths)[chosen]
        steps = first[:, self.common["episode_index"]] + self.common["time_steps"]
        found = {name: getattr(pool, name)[steps] for name in _BY_STEP}
        if self.batches.groups is None:
            found["group_index"] = pool.group_index[chosen]
        return found

    def together(self, parts: dict[str, Tensor]) -> Episodes:
        """A batch of these parts, which may stand for many under ``torch.vmap``."""
        pool = self.batches.pool
        return Episodes(**parts, **self.common, num_episodes=self.batches.chosen.shape[1], discount=pool.discount)

    def __getitem__(self, number: int) -> Episodes:
        return self.together({name: part[number] for name, part in self.parts.items()})
