"""Some of the steps of a buffer, as gradient accumulation splits it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias, final

import numpy as np
import torch

from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.episodes import STEP_FIELDS, Episodes

#: (an episode of a pool, the first of its steps, the step before which it ends).
_Slice: TypeAlias = "tuple[int, int, int]"


@final
class PartOfBuffer(AbstractCollector):
    """Consecutive steps out of the middle of a larger buffer.

    Future returns are those of the whole buffer, worked out before it is split: where an episode goes on behind the
    part, the value at its cut is the return that followed. Time steps count from where the part begins, for whoever is
    given it knows nothing of what came before.

    Args:
        buffers: collects the larger ones.
        whole: the number of their steps.
        begin: the first step of the part.
    """

    def __init__(self, buffers: AbstractCollector, whole: int, *, begin: int) -> None:
        super().__init__(buffers.tree, buffers.policy)
        self._buffers, self._whole, self._begin = buffers, whole, begin

    def count(self, size: int, *, ordered: bool) -> int:
        """As many as there are larger buffers, at most."""
        del size
        return self._buffers.count(self._whole, ordered=ordered)

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All parts of ``size`` steps, each once, those of equally many episodes together."""
        listed: list[WeightedBatches] = []
        for batches in self._buffers.batches(self._whole, ordered=ordered):
            lengths = batches.pool.lengths.tolist()
            parts: dict[int, dict[tuple[_Slice, ...], float]] = {}
            for chosen, weight in zip(batches.chosen.tolist(), batches.weights.tolist(), strict=True):
                part = _sliced(chosen, lengths, self._begin, self._begin + size)
                same = parts.setdefault(len(part), {})
                same[part] = same.get(part, 0.0) + weight
            for of_one_number in parts.values():
                slices = list(dict.fromkeys(one for part in of_one_number for one in part))
                numbers = {one: number for number, one in enumerate(slices)}
                rows = np.array([[numbers[one] for one in part] for part in of_one_number], dtype=np.int64)
                weights = np.array(list(of_one_number.values()))
                listed.append(WeightedBatches(_pieces(batches.pool, slices), rows, weights))
        return tuple(listed)

    def random_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One of all the parts, each equally likely."""
        return any_of(self.batches(size, ordered=True), numbers)


def any_of(listed: tuple[WeightedBatches, ...], numbers: np.random.Generator) -> WeightedBatches:
    """One of the batches, each equally likely, with a weight of 0."""
    number = int(numbers.integers(sum(map(len, listed))))
    for batches in listed:
        if number < len(batches):
            break
        number -= len(batches)
    return WeightedBatches(batches.pool, batches.chosen[number : number + 1], np.zeros(1))


def _sliced(chosen: list[int], lengths: list[int], begin: int, end: int) -> tuple[_Slice, ...]:
    """What lies between two places of the buffer that is made of these episodes."""
    found, start = [], 0
    for number in chosen:
        first, last = max(begin - start, 0), min(end - start, lengths[number])
        if first < last:
            found.append((number, first, last))
        start += lengths[number]
    return tuple(found)


def _pieces(pool: Episodes, slices: list[_Slice]) -> Episodes:
    """These pieces of the pool's episodes, one after another."""
    numbers, first, last = torch.tensor(slices, device=pool.lengths.device).T
    lengths, starts = last - first, pool.lengths.cumsum(0) - pool.lengths
    index = torch.arange(len(slices), device=lengths.device).repeat_interleave(lengths)
    ends = lengths.cumsum(0) - 1
    within = torch.arange(len(index), device=lengths.device) - (ends + 1 - lengths)[index]
    steps = (starts[numbers] + first)[index] + within
    goes_on = last < pool.lengths[numbers]
    fields = {name: getattr(pool, name)[steps] for name in STEP_FIELDS}
    following = pool.future_returns[(steps[ends] + 1).clamp(max=len(pool.rewards) - 1)]
    fields["truncated"][ends] |= goes_on
    fields["dones"][ends] = True
    fields["bootstrap_values"][ends] = torch.where(goes_on, following, fields["bootstrap_values"][ends])
    fields["time_steps"] = within
    return replace(
        pool,
        **fields | {"episode_index": index},
        num_episodes=len(slices),
        lengths=lengths,
        group_index=pool.group_index[numbers],
    )
