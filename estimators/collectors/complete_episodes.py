"""Batches of independent complete episodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import final

import numpy as np

from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.collectors.base import IndependentUnits
from gradcheck.tree.types import Floats, Integers


@final
class CompleteEpisodes(IndependentUnits):
    """N independent complete episodes; each is a unit."""

    def units(self, size: int, *, ordered: bool) -> tuple[Integers, Floats]:
        """The K episodes, each by itself [K, 1], and their probabilities."""
        return np.arange(self.num_units(size, ordered=ordered))[:, None], self.all_episodes.probabilities

    def num_units(self, size: int, *, ordered: bool) -> int:
        """K, whatever the size of the batch."""
        del size, ordered
        return self.all_episodes.count

    def num_draws(self, size: int) -> int:
        """N."""
        return size

    def random_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """N episodes, all equally likely."""
        drawn = numbers.integers(self.all_episodes.count, size=(1, size))
        return WeightedBatches(self.all_episodes.episodes, drawn, np.zeros(1))

    def likely_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """N episodes, each with its probability."""
        p = self.all_episodes.probabilities
        drawn = numbers.choice(len(p), p=p / p.sum(), size=(1, size))
        return WeightedBatches(self.all_episodes.episodes, drawn, np.zeros(1))

    def order_probes(self, size: int, most: int, numbers: np.random.Generator) -> Iterator[WeightedBatches]:
        """Batches that begin with a pair of episodes; then random ones, of both kinds.

        A loss may depend on the order of one pair alone. The pairs are all there are, if these are not too many; else
        the likeliest episode with each of the next likeliest, and as many random ones.
        """
        pairs = [(i, j) for j in range(self.all_episodes.count) for i in range(j)] if size > 1 else []
        if len(pairs) > most:
            likeliest, *others = np.argsort(-self.all_episodes.probabilities, kind="stable")[: most + 1].tolist()
            pairs = [(likeliest, other) for other in others]
        for pair in pairs:
            batch = self.random_batch(size, numbers)
            batch.chosen[0, :2] = pair
            yield batch
        yield from super().order_probes(size, most - len(pairs) % most, numbers)

    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The episodes in another order; never in the one they have."""
        mixed = numbers.permutation(batch.chosen, axis=1)
        return replace(batch, chosen=batch.chosen[:, ::-1] if (mixed == batch.chosen).all() else mixed)
