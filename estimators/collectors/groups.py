"""Batches of groups: several complete episodes from one start each, as language-model trainers sample them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import ClassVar, final

import numpy as np

from gradcheck.estimators.batches import WeightedBatches, count_draws, enumerate_draws
from gradcheck.estimators.collectors.base import AbstractCollector, IndependentUnits
from gradcheck.estimators.distributions import Policy
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats, Integers
from gradcheck.tree.values.policy_table import PolicyTable


@final
class Groups(IndependentUnits):
    """k starts drawn independently, and g independent complete episodes from each; they lie group by group.

    The size of a batch is k·g, and each group is a unit.

    Args:
        tree: the unrolled game.
        policy: that samples.
        groups: k.
        optimised: the policy that a loss is given beside the batches; the one that samples, unless given.
    """

    in_groups: ClassVar[bool] = True

    def __init__(
        self,
        tree: GameTree,
        policy: Policy | PolicyTable,
        *,
        groups: int,
        optimised: Policy | PolicyTable | None = None,
    ) -> None:
        super().__init__(tree, policy, optimised=optimised)
        self.groups = groups

    def units(self, size: int, *, ordered: bool) -> tuple[Integers, Floats]:
        """All groups of g episodes [U, g] from one start each, and their probabilities."""
        p, each = self.all_episodes.probabilities, size // self.groups
        members: list[Integers] = []
        weights: list[Floats] = []
        for episodes in self._by_start:
            start = p[episodes].sum()
            drawn, weight = enumerate_draws(p[episodes] / start, each, ordered=ordered)
            members.append(episodes[drawn])
            weights.append(start * weight)
        return np.concatenate(members), np.concatenate(weights)

    def num_units(self, size: int, *, ordered: bool) -> int:
        """How many different groups there are."""
        each = size // self.groups
        return sum(count_draws(len(episodes), each, ordered=ordered) for episodes in self._by_start)

    def num_draws(self, size: int) -> int:
        """k, whatever the size."""
        del size
        return self.groups

    def random_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """Starts, all equally likely, and g episodes from each."""
        each = size // self.groups
        starts = numbers.integers(len(self._by_start), size=self.groups)
        drawn = np.array([numbers.choice(self._by_start[start], size=each) for start in starts])
        return self._made_of(drawn[None], np.zeros(1))

    def likely_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """Starts and episodes, each with its probability."""
        p, each = self.all_episodes.probabilities, size // self.groups
        of_start = np.array([p[episodes].sum() for episodes in self._by_start])
        drawn = []
        for start in numbers.choice(len(of_start), p=of_start / of_start.sum(), size=self.groups):
            episodes = self._by_start[start]
            drawn.append(numbers.choice(episodes, p=p[episodes] / of_start[start], size=each))
        return self._made_of(np.array(drawn)[None], np.zeros(1))

    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The groups in another order, and the episodes within each."""
        groups = batch.chosen.reshape(len(batch.chosen), self.groups, -1)
        mixed = numbers.permutation(numbers.permuted(groups, axis=2), axis=1)
        return replace(batch, chosen=mixed.reshape(batch.chosen.shape))

    def halves(self, size: int) -> tuple[tuple[AbstractCollector, int], tuple[AbstractCollector, int]]:
        """Between two groups: they stay as large as they are."""
        each, half = size // self.groups, self.groups // 2
        first, second = (
            Groups(self.tree, self.policy, groups=groups, optimised=self.optimised)
            for groups in (half, self.groups - half)
        )
        return (first, half * each), (second, second.groups * each)

    @cached_property
    def _by_start(self) -> list[Integers]:
        """The numbers of the episodes that begin in each start."""
        start = self.all_episodes.episodes.group_index.cpu().numpy()
        return [np.flatnonzero(start == number) for number in np.unique(start)]
