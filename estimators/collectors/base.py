"""What all collectors can do, and what those can that draw episodes, or groups of them, independently."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

import numpy as np

from gradcheck.estimators.batches import WeightedBatches, count_draws, enumerate_draws
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episode_list import AllEpisodes, all_episodes
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats, Integers
from gradcheck.tree.values.policy_table import PolicyTable


class AbstractCollector(ABC):
    """Knows every batch that can come out, and its probability.

    Args:
        tree: the unrolled game; its episodes are listed.
        policy: that samples.
        optimised: the policy that a loss is given beside the batches, and in whose dtype they are; the one that
            samples, unless given.
    """

    #: Whether a batch is made of groups, numbered by ``group_index``.
    in_groups: ClassVar[bool] = False

    def __init__(
        self, tree: GameTree, policy: Policy | PolicyTable, *, optimised: Policy | PolicyTable | None = None
    ) -> None:
        self.tree, self.policy = tree, policy
        self.optimised = policy if optimised is None else optimised

    @cached_property
    def all_episodes(self) -> AllEpisodes:
        """The complete episodes, in the order of their lengths, so that multisets have few layouts."""
        listed = all_episodes(self.tree, self.policy, optimised=self.optimised)
        order = np.argsort(listed.episodes.lengths.cpu().numpy(), kind="stable")
        return AllEpisodes(listed.episodes.select(order.tolist()), listed.probabilities[order])

    @abstractmethod
    def count(self, size: int, *, ordered: bool) -> int:
        """How many batches of this size there are.

        Args:
            size: of a batch.
            ordered: whether batches count apart that differ only in the order of what is drawn independently; where
                nothing is, it makes no difference.
        """

    @abstractmethod
    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All batches of this size with their probabilities, which sum to 1.

        Args:
            size: of a batch.
            ordered: as for ``count``.
        """

    def halves(self, size: int) -> tuple[tuple[AbstractCollector, int], tuple[AbstractCollector, int]]:
        """A batch in two parts, as gradient accumulation splits it: what collects each of them, and its size."""
        return (self, size // 2), (self, size - size // 2)

    @abstractmethod
    def random_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One batch of weight 0, of any episodes: each choice is equally likely, however improbable in the game."""


class IndependentUnits(AbstractCollector):
    """A collector whose batches are made of units that are drawn independently: single episodes, or groups of them."""

    @abstractmethod
    def units(self, size: int, *, ordered: bool) -> tuple[Integers, Floats]:
        """The different units that batches of this size are made of.

        Args:
            size: of a batch.
            ordered: whether units count apart that differ only in the order of their episodes.

        Returns:
            The numbers of the episodes in each unit [U, m], and the probability of each unit [U].
        """

    @abstractmethod
    def num_units(self, size: int, *, ordered: bool) -> int:
        """U, how many different units there are."""

    @abstractmethod
    def num_draws(self, size: int) -> int:
        """How many units a batch of this size is made of."""

    @abstractmethod
    def shuffled(self, batch: WeightedBatches, numbers: np.random.Generator) -> WeightedBatches:
        """The same batches with what is drawn independently in another order."""

    @abstractmethod
    def likely_batch(self, size: int, numbers: np.random.Generator) -> WeightedBatches:
        """One batch of weight 0, drawn with its probability."""

    def order_probes(self, size: int, most: int, numbers: np.random.Generator) -> Iterator[WeightedBatches]:
        """Batches on which a loss is tried in two orders, to see whether order matters to it.

        By default random ones: half with episodes that are all equally likely, half with each as likely as it is.
        A loss may depend on the order of what is rare, or of what is common and one of many.

        Args:
            size: of a batch.
            most: how many batches at most.
            numbers: that decide which.
        """
        for number in range(most):
            yield self.random_batch(size, numbers) if number % 2 else self.likely_batch(size, numbers)

    def reordered(
        self, chosen: Integers, size: int, numbers: np.random.Generator, *, times: int
    ) -> tuple[Integers, ...]:
        """The same batches in other orders: back to front, and where there are more, each in some that are random.

        Args:
            chosen: [B, n] the episodes of each batch.
            size: of the batches.
            numbers: that decide about the orders.
            times: how many are random.
        """
        backwards = chosen[:, ::-1].copy()
        if size == 2:
            return (backwards,)
        units = chosen.reshape(len(chosen), self.num_draws(size), -1)
        return (backwards, *(_mixed(units, numbers).reshape(chosen.shape) for _ in range(times)))

    def count(self, size: int, *, ordered: bool) -> int:
        """How many sequences or multisets of units there are."""
        return count_draws(self.num_units(size, ordered=ordered), self.num_draws(size), ordered=ordered)

    def batches(self, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All sequences of units; or all multisets, each once with the probability of all its orders."""
        return self.of_units(self.num_draws(size), size, ordered=ordered)

    def of_units(self, number: int, size: int, *, ordered: bool) -> tuple[WeightedBatches, ...]:
        """All batches of another number of the units that batches of ``size`` are made of."""
        units, probabilities = self.units(size, ordered=ordered)
        drawn, weights = enumerate_draws(probabilities, number, ordered=ordered)
        return (self._made_of(units[drawn], weights),)

    def sampled(self, size: int, count: int, numbers: np.random.Generator) -> WeightedBatches:
        """Sample independent batches, for where there are too many to list; each has the weight 1 / ``count``."""
        units, probabilities = self.units(size, ordered=True)
        shape = (count, self.num_draws(size))
        drawn = numbers.choice(len(units), p=probabilities / probabilities.sum(), size=shape)
        return self._made_of(units[drawn], np.full(count, 1 / count))

    def population(self, units: Integers, repeats: Integers, copies: int) -> WeightedBatches:
        """One large batch: the u-th unit ``repeats[u]`` times, in a fixed random order, and that ``copies`` times over.

        A loss may split its batch into halves or thirds. With six copies these, too, hold the units as often as they
        should. Where one repetition more is asked for, the others keep their order.

        Args:
            units: [U, m] the episodes of each.
            repeats: [U].
            copies: of the same order.
        """
        keys = [np.random.default_rng(number).random(times) for number, times in enumerate(repeats.tolist())]
        drawn = np.tile(np.repeat(units, repeats, axis=0)[np.argsort(np.concatenate(keys))], (copies, 1))
        return self._made_of(drawn[None], np.ones(1))

    def _made_of(self, drawn: Integers, weights: Floats) -> WeightedBatches:
        """Batches from the episodes [B, units, m] that were drawn for each."""
        count, number, each = drawn.shape
        groups = np.repeat(np.arange(number), each) if self.in_groups else None
        return WeightedBatches(self.all_episodes.episodes, drawn.reshape(count, -1), weights, groups)


def _mixed(units: Integers, numbers: np.random.Generator) -> Integers:
    """[B, units, m] with the units of each batch, and the episodes of each unit, in a random order of their own."""
    order = numbers.permuted(np.tile(np.arange(units.shape[1]), (len(units), 1)), axis=1)
    return numbers.permuted(np.take_along_axis(units, order[:, :, None], axis=1), axis=2)
