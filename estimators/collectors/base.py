"""How training scripts collect batches: complete episodes, a buffer of fixed size, groups from one start each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from gradcheck.estimators.batches import WeightedBatches, count_draws, enumerate_draws
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episode_list import AllEpisodes, all_episodes, episodes_along
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import PolicyTable

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


class AbstractCollector(ABC):
    """Knows every batch that can come out, and its probability.

    Args:
        tree: the unrolled game; its episodes are listed.
        policy: that samples.
    """

    #: Whether a batch is made of groups, numbered by ``group_index``.
    in_groups = False

    def __init__(self, tree: GameTree, policy: Policy | PolicyTable) -> None:
        self.tree, self.policy = tree, policy

    @cached_property
    def every(self) -> AllEpisodes:
        """The complete episodes, in the order of their lengths, so that multisets have few layouts."""
        found = all_episodes(self.tree, self.policy)
        order = np.argsort(found.episodes.lengths.cpu().numpy(), kind="stable")
        return AllEpisodes(found.episodes.select(order.tolist()), found.probabilities[order])

    @abstractmethod
    def count(self, size: int, *, ordered: bool) -> int:
        """How many batches there are of this size."""

    @abstractmethod
    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All of them: sequences, or one for each multiset of what is drawn independently."""

    def num_units(self, size: int, *, ordered: bool) -> int:
        """How many different units there are; 0 where batches do not consist of such."""
        del size, ordered
        return self.every.count

    def sampled(self, size: int, count: int, numbers: np.random.Generator) -> WeightedBatches:
        """Independent batches, as they come out: for where there are too many to list.

        Raises:
            NotImplementedError: if batches do not consist of independent units.
        """
        found = self.units(size, ordered=True)
        if found is None:
            raise NotImplementedError
        units, probabilities = found
        chosen = numbers.choice(len(units), p=probabilities / probabilities.sum(), size=(count, size // units.shape[1]))
        groups = np.repeat(np.arange(chosen.shape[1]), units.shape[1]) if self.in_groups else None
        weights = np.full(count, 1 / count)
        return WeightedBatches(self.every.episodes, units[chosen].reshape(count, -1), weights, groups)

    @abstractmethod
    def some(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One batch, its episodes as different as chance has it rather than as probable as they are; of no weight."""

    def telling(self, size: int, most: int, numbers: np.random.Generator) -> Iterator[WeightedBatches]:
        """Batches that would tell whether order matters: by default some of all there are."""
        for _ in range(most):
            yield self.some(size, numbers)

    @abstractmethod
    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The same batches with what is drawn independently in another order."""

    def of_units(self, number: int, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All batches of another number of the units that batches of ``size`` consist of."""
        del size
        return self.batches(number, ordered=ordered)

    @abstractmethod
    def units(self, size: int, *, ordered: bool) -> tuple[Numbers, Floats] | None:
        """What a batch holds more of as it grows: the episodes of each unit [U, m], and its probability [U].

        None where batches do not consist of independent units.
        """

    def population(self, units: Numbers, repeats: Numbers, copies: int) -> WeightedBatches:
        """One large batch: the u-th unit ``repeats[u]`` times, in a fixed random order, and that ``copies`` times over.

        Its halves and thirds hold the units as often as they should, too, where there are six copies: a loss may split
        what it is given. Where one repetition more is asked for, the others keep their order.

        Args:
            units: [U, m] the episodes of each.
            repeats: [U].
            copies: of the same order.
        """
        keys = [np.random.default_rng(number).random(times) for number, times in enumerate(repeats.tolist())]
        chosen = np.tile(np.repeat(units, repeats, axis=0)[np.argsort(np.concatenate(keys))], (copies, 1))
        groups = np.repeat(np.arange(len(chosen)), units.shape[1]) if self.in_groups else None
        return WeightedBatches(self.every.episodes, chosen.reshape(1, -1), np.ones(1), groups)


@final
class CompleteEpisodes(AbstractCollector):
    """N independent complete episodes."""

    def count(self, size: int, *, ordered: bool) -> int:
        """K^N, or C(K + N - 1, N)."""
        return count_draws(self.every.count, size, ordered=ordered)

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All of them."""
        chosen, weights = enumerate_draws(self.every.probabilities, size, ordered=ordered)
        return (WeightedBatches(self.every.episodes, chosen, weights),)

    def some(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """N episodes, all equally likely."""
        return WeightedBatches(self.every.episodes, numbers.integers(self.every.count, size=(1, size)), np.zeros(1))

    def telling(self, size: int, most: int, numbers: np.random.Generator) -> Iterator[WeightedBatches]:
        """With every pair of episodes, if there are not too many: two that are alike may be treated differently."""
        pairs = [(i, j) for j in range(self.every.count) for i in range(j)] if size > 1 else []
        for pair in pairs if len(pairs) <= most else ():
            batch = self.some(size, numbers)
            batch.chosen[0, :2] = pair
            yield batch
        yield from super().telling(size, most - len(pairs), numbers)

    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The episodes in another order; never in the one they have."""
        mixed = numbers.permutation(batch.chosen, axis=1)
        return replace(batch, chosen=batch.chosen[:, ::-1] if (mixed == batch.chosen).all() else mixed)

    def units(self, size: int, *, ordered: bool) -> tuple[Numbers, Floats]:  # noqa: ARG002 - of one episode each
        """The episodes."""
        return np.arange(self.every.count)[:, None], self.every.probabilities


@final
class Groups(AbstractCollector):
    """k starts drawn independently, and g independent complete episodes from each; they lie group by group.

    Args:
        tree: the unrolled game.
        policy: that samples.
        groups: k.
    """

    in_groups = True

    def __init__(self, tree: GameTree, policy: Policy | PolicyTable, *, groups: int) -> None:
        super().__init__(tree, policy)
        self.groups = groups

    def count(self, size: int, *, ordered: bool) -> int:
        """Of ``size`` = k·g episodes."""
        return count_draws(self.num_units(size, ordered=ordered), self.groups, ordered=ordered)

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All of them, of ``size`` = k·g episodes."""
        each = size // self.groups
        group, chance = self.units(size, ordered=ordered)
        chosen, weight = enumerate_draws(chance, self.groups, ordered=ordered)
        numbers = np.repeat(np.arange(self.groups), each)
        return (WeightedBatches(self.every.episodes, group[chosen].reshape(len(chosen), -1), weight, numbers),)

    def num_units(self, size: int, *, ordered: bool) -> int:
        """How many different groups there are."""
        return sum(count_draws(len(some), size // self.groups, ordered=ordered) for some in self._by_start)

    def of_units(self, number: int, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All batches of another number of groups of the same size."""
        other = Groups(self.tree, self.policy, groups=number)
        return other.batches(number * (size // self.groups), ordered=ordered)

    def some(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """Starts, all equally likely, and g episodes from each."""
        each = size // self.groups
        starts = numbers.integers(len(self._by_start), size=self.groups)
        chosen = np.concatenate([numbers.choice(self._by_start[start], size=each) for start in starts])
        return WeightedBatches(self.every.episodes, chosen[None], np.zeros(1), np.repeat(np.arange(self.groups), each))

    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The groups in another order, and the episodes within each."""
        groups = batch.chosen.reshape(len(batch.chosen), self.groups, -1)
        mixed = numbers.permutation(numbers.permuted(groups, axis=2), axis=1)
        return replace(batch, chosen=mixed.reshape(batch.chosen.shape))

    def units(self, size: int, *, ordered: bool) -> tuple[Numbers, Floats]:
        """The groups: more of them, of the same size."""
        p, each = self.every.probabilities, size // self.groups
        members: list[Numbers] = []
        weights: list[Floats] = []
        for some in self._by_start:
            start = p[some].sum()
            chosen, weight = enumerate_draws(p[some] / start, each, ordered=ordered)
            members.append(some[chosen])
            weights.append(start * weight)
        return np.concatenate(members), np.concatenate(weights)

    @cached_property
    def _by_start(self) -> list[Numbers]:
        start = self.every.episodes.group_index.cpu().numpy()
        return [np.flatnonzero(start == number) for number in np.unique(start)]


@final
class FixedSteps(AbstractCollector):
    """A buffer of S steps, filled with one episode after another; the last is cut where it is not over."""

    def count(self, size: int, *, ordered: bool) -> int:  # noqa: ARG002 - order always matters here
        """How many buffers of ``size`` steps there are, counted by the lengths of what fills them."""
        whole, pieces = self._ways
        lengths = Counter(map(len, whole))
        ends = Counter(map(len, pieces))
        fills = [1]
        for left in range(1, size + 1):
            fills.append(ends[left] + sum(fills[left - length] * n for length, n in lengths.items() if length <= left))
        return fills[size]

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:  # noqa: ARG002 - as above
        """All buffers of ``size`` steps, those with equally many episodes together."""
        pool, listed = self._buffers(size)
        found: list[WeightedBatches] = []
        for number in sorted({len(chosen) for chosen, _ in listed}):
            some = [(chosen, weight) for chosen, weight in listed if len(chosen) == number]
            chosen, weights = zip(*some, strict=True)
            found.append(WeightedBatches(pool, np.array(chosen, dtype=np.int64), np.array(weights)))
        return tuple(found)

    def some(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One of all the buffers."""
        pool, listed = self._buffers(size)
        chosen, _ = listed[int(numbers.integers(len(listed)))]
        return WeightedBatches(pool, np.array([chosen], dtype=np.int64), np.zeros(1))

    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:  # noqa: ARG002 - one order
        """The same: nothing in a buffer is drawn independently of what lies before it."""
        return batch

    def num_units(self, size: int, *, ordered: bool) -> int:
        """None."""
        del size, ordered
        return 0

    def units(self, size: int, *, ordered: bool) -> None:
        """A long buffer has no cut that matters, and so says nothing about short ones."""

    def _buffers(self, size: int) -> tuple[Episodes, list[tuple[tuple[int, ...], float]]]:
        if size not in self._known:
            self._known[size] = self._list_buffers(size)
        return self._known[size]

    @cached_property
    def _known(self) -> dict[int, tuple[Episodes, list[tuple[tuple[int, ...], float]]]]:
        return {}

    @cached_property
    def _ways(self) -> tuple[dict[tuple[int, ...], float], dict[tuple[int, ...], float]]:
        """The complete episodes and all that can be left of one that is cut, as edges with their probabilities."""
        x = x_of(self._table, self.tree)
        whole: dict[tuple[int, ...], float] = {}
        pieces: dict[tuple[int, ...], float] = {}
        for path in paths(self.tree):
            chance = float(path.chance) * float(x[list(path.variables)].prod())
            if chance > 0:
                whole[path.edges] = chance
                for length in range(1, len(path.edges)):
                    pieces[path.edges[:length]] = pieces.get(path.edges[:length], 0.0) + chance
        return whole, pieces

    @cached_property
    def _table(self) -> torch.Tensor:
        with torch.no_grad():
            return probability_table(self.policy, self.tree)

    def _list_buffers(self, size: int) -> tuple[Episodes, list[tuple[tuple[int, ...], float]]]:
        whole, every_piece = self._ways
        pieces = {edges: chance for edges, chance in every_piece.items() if len(edges) <= size}
        lengths = np.array([len(edges) for edges in (*whole, *pieces)])
        edges = np.array([edge for along in (*whole, *pieces) for edge in along])
        features, values = observation_features(self.tree), evaluate(self.tree, x_of(self._table, self.tree)).node_value
        pool = episodes_along(self.tree, edges, lengths, self._table, features, values=values)
        # Pieces that fill what is left of the buffer, by its length.
        ends: dict[int, list[tuple[int, float]]] = {steps: [] for steps in range(size + 1)}
        for number, (piece, chance) in enumerate(pieces.items(), start=len(whole)):
            ends[len(piece)].append((number, chance))
        fills: list[list[tuple[tuple[int, ...], float]]] = [[((), 1.0)]]
        for left in range(1, size + 1):
            fills.append([((number,), chance) for number, chance in ends[left]])
            for number, (path, chance) in enumerate(whole.items()):
                if len(path) <= left:
                    fills[left] += [((number, *rest), chance * p) for rest, p in fills[left - len(path)]]
        return pool, fills[size]
