"""Buffers of a fixed number of steps, filled with one episode after another and cut where they are full."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.collectors.part_of_buffer import PartOfBuffer, any_of
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episode_list import episodes_along
from gradcheck.estimators.policy_tables import as_given_to, probability_table, sampling_table, x_of
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import PolicyTable

#: Edges of the tree that follow one another, with the probability of taking them.
_Ways: TypeAlias = "dict[tuple[int, ...], float]"

#: The numbers of what fills a buffer, in their order, with the probability of it.
_Fill: TypeAlias = "tuple[tuple[int, ...], float]"


@final
class FixedSteps(AbstractCollector):
    """A buffer of S steps, filled with one episode after another; the last is cut where it is not over.

    Nothing in a buffer is drawn independently of what lies before it: how long an episode may be depends on the room
    that is left. So buffers have one order, and say nothing about other sizes.

    Args:
        tree: the unrolled game.
        policy: that samples.
        optimised: the policy that a loss is given beside the buffers; a cut episode is worth its value. The one that
            samples, unless given.
    """

    def __init__(
        self, tree: GameTree, policy: Policy | PolicyTable, *, optimised: Policy | PolicyTable | None = None
    ) -> None:
        super().__init__(tree, policy, optimised=optimised)
        self._known: dict[int, tuple[WeightedBatches, ...]] = {}

    def count(self, size: int, *, ordered: bool) -> int:
        """How many buffers of ``size`` steps there are, counted by the lengths of what fills them."""
        del ordered
        whole, pieces = self._ways
        lengths = Counter(map(len, whole))
        ends = Counter(map(len, pieces))
        fills = [1]
        for left in range(1, size + 1):
            fills.append(ends[left] + sum(fills[left - length] * n for length, n in lengths.items() if length <= left))
        return fills[size]

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All buffers of ``size`` steps, those with equally many episodes together."""
        del ordered
        if size not in self._known:
            self._known[size] = self._list(size)
        return self._known[size]

    def random_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One of all the buffers, each equally likely."""
        return any_of(self.batches(size, ordered=True), numbers)

    def halves(self, size: int) -> tuple[tuple[AbstractCollector, int], tuple[AbstractCollector, int]]:
        """The first steps of a buffer, and the others; an episode may go on from one part to the other."""
        first = size // 2
        return (PartOfBuffer(self, size, begin=0), first), (PartOfBuffer(self, size, begin=first), size - first)

    def _list(self, size: int) -> tuple[WeightedBatches, ...]:
        whole, every_piece = self._ways
        pieces = {edges: chance for edges, chance in every_piece.items() if len(edges) <= size}
        lengths = np.array([len(edges) for edges in (*whole, *pieces)])
        edges = np.array([edge for along in (*whole, *pieces) for edge in along])
        features = observation_features(self.tree)
        table = as_given_to(self.optimised, self._table, sampler=self.policy)
        pool = episodes_along(self.tree, edges, lengths, table, features, values=self._values)
        by_number: dict[int, list[_Fill]] = {}
        for fill in _fills(whole, pieces, size):
            by_number.setdefault(len(fill[0]), []).append(fill)
        listed: list[WeightedBatches] = []
        for number in sorted(by_number):
            chosen, weights = zip(*by_number[number], strict=True)
            listed.append(WeightedBatches(pool, np.array(chosen, dtype=np.int64), np.array(weights)))
        return tuple(listed)

    @cached_property
    def _ways(self) -> tuple[_Ways, _Ways]:
        """The complete episodes, and all that can be left of one that is cut."""
        x = x_of(self._table, self.tree)
        whole: _Ways = {}
        pieces: _Ways = {}
        for path in paths(self.tree):
            chance = float(path.chance) * float(x[list(path.variables)].prod())
            if chance > 0:
                whole[path.edges] = chance
                for length in range(1, len(path.edges)):
                    pieces[path.edges[:length]] = pieces.get(path.edges[:length], 0.0) + chance
        return whole, pieces

    @cached_property
    def _values(self) -> Floats:
        """[M] from each node on."""
        with torch.no_grad():
            table = probability_table(self.optimised, self.tree)
        return evaluate(self.tree, x_of(table, self.tree)).node_value

    @cached_property
    def _table(self) -> Tensor:
        return sampling_table(self.policy, self.tree, optimised=self.optimised)


def _fills(whole: _Ways, pieces: _Ways, size: int) -> list[_Fill]:
    """All ways to fill ``size`` steps: complete episodes, numbered from 0, and at the end perhaps a piece of one."""
    ends: dict[int, list[tuple[int, float]]] = {steps: [] for steps in range(size + 1)}
    for number, (piece, chance) in enumerate(pieces.items(), start=len(whole)):
        ends[len(piece)].append((number, chance))
    fills: list[list[_Fill]] = [[((), 1.0)]]  # for each number of steps that are left
    for left in range(1, size + 1):
        fills.append([((number,), chance) for number, chance in ends[left]])
        for number, (path, chance) in enumerate(whole.items()):
            if len(path) <= left:
                fills[left] += [((number, *rest), chance * p) for rest, p in fills[left - len(path)]]
    return fills[size]
