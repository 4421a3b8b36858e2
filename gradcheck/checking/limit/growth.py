"""How batches grow: more of what is drawn independently, or, where a batch is one group, more episodes in it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np

from gradcheck.checking.budgets import MOST_POPULATIONS, MOST_REMOVED, MOST_UNITS_OF_A_POPULATION
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.estimators.batches import WeightedBatches, count_draws
from gradcheck.estimators.collectors.base import IndependentUnits
from gradcheck.estimators.population import common_denominator, one_more_or_fewer, populations
from gradcheck.tree.types import Floats, Integers

#: A large batch with the share that it has in an average over several.
Share = tuple[float, WeightedBatches]


class Growth(ABC):
    """Batches of one case in any number, all of them or such as stand for large ones.

    Args:
        expected: the loss on the case.
        collector: of the case.
    """

    #: What the number is called in formulas.
    symbol: ClassVar[str]

    def __init__(self, expected: ExpectedGradient, collector: IndependentUnits) -> None:
        self.collector, self.size = collector, expected.size
        self.ordered = expected.order_matters

    @property
    @abstractmethod
    def asked(self) -> int:
        """The number at the batch size asked for."""

    @abstractmethod
    def episodes(self, number: int) -> int:
        """How many are in a batch."""

    @abstractmethod
    def count(self, number: int) -> int:
        """How many batches must be enumerated."""

    @abstractmethod
    def batches(self, number: int) -> tuple[WeightedBatches, ...]:
        """All of them, with their probabilities."""

    @abstractmethod
    def _kinds(self) -> list[tuple[float, Integers, Floats]]:
        """Of each start that decides what the whole batch can be: its probability, and the units with theirs."""

    def _batch(self, units: Integers, repeats: Integers, copies: int) -> WeightedBatches:
        """One batch of the units, so often each, and that several times over; in a random order where that matters."""
        if self.ordered:
            return self.collector.population(units, repeats, copies)
        chosen = np.repeat(units, repeats * copies, axis=0)
        groups = np.repeat(np.arange(len(chosen)), chosen.shape[1]) if self.collector.in_groups else None
        return WeightedBatches(self.collector.all_episodes.episodes, chosen.reshape(1, -1), np.ones(1), groups)

    @property
    def has_populations(self) -> bool:
        """Whether the units are few enough."""
        return self.collector.num_units(self.size, ordered=self.ordered) <= MOST_UNITS_OF_A_POPULATION

    def least_population(self, most: int) -> int | None:
        """The least number of units that can be exactly as frequent as they are probable; None if it is above."""
        found = [common_denominator(probabilities, most) for _, _, probabilities in self._kinds()]
        least = math.lcm(*(one for one in found if one is not None))
        return None if None in found or least > most else least

    @property
    def num_populations(self) -> int:
        """How many batches it takes to average over, where one cannot have every unit as often as it is probable."""
        return sum(len(units) + 1 for _, units, _ in self._kinds())

    def population(self, total: int, copies: int = 1) -> list[Share]:
        """Batches of ``copies`` times so many units, in whose average all are as frequent as they are probable."""
        return [
            (chance * weight, self._batch(units, repeats, copies))
            for chance, units, probabilities in self._kinds()
            for weight, repeats in populations(probabilities, total, most=MOST_POPULATIONS)
        ]

    def beside_the_population(self, total: int) -> Iterator[tuple[WeightedBatches, WeightedBatches]]:
        """A population, and the same with one unit of a kind more or fewer."""
        for _, units, probabilities in self._kinds():
            repeats = populations(probabilities, total, most=1)[0][1]
            here = self._batch(units, repeats, 1)
            for other in one_more_or_fewer(repeats, MOST_REMOVED):
                yield here, self._batch(units, other, 1)


@final
class MoreUnits(Growth):
    """More episodes; or more groups, each as large as it is."""

    @property
    def symbol(self) -> str:  # type: ignore[override] - a class attribute in the others, which grow in one way only
        """K, of groups."""
        return "k" if self.collector.in_groups else "N"

    @property
    def asked(self) -> int:
        """N, or the number of groups."""
        return self.collector.num_draws(self.size)

    def episodes(self, number: int) -> int:
        """As many, or as many times those of a group."""
        return number * (self.size // self.asked)

    def count(self, number: int) -> int:
        """Of multisets, or of sequences where order matters."""
        return count_draws(self.collector.num_units(self.size, ordered=self.ordered), number, ordered=self.ordered)

    def batches(self, number: int) -> tuple[WeightedBatches, ...]:
        """Multisets, or sequences where order matters."""
        return self.collector.of_units(number, self.size, ordered=self.ordered)

    def _kinds(self) -> list[tuple[float, Integers, Floats]]:
        return [(1.0, *self.collector.units(self.size, ordered=self.ordered))]


@final
class OneLargerGroup(Growth):
    """A single group, from one start drawn at random, with more episodes in it."""

    symbol = "g"

    @property
    def asked(self) -> int:
        """G."""
        return self.size

    def episodes(self, number: int) -> int:
        """As many."""
        return number

    def count(self, number: int) -> int:
        """Of multisets, or of sequences where order matters."""
        return self.collector.count(number, ordered=self.ordered)

    def batches(self, number: int) -> tuple[WeightedBatches, ...]:
        """Multisets, or sequences where order matters."""
        return self.collector.batches(number, ordered=self.ordered)

    @property
    def has_populations(self) -> bool:
        """Whether the episodes are few enough."""
        return self.collector.all_episodes.count <= MOST_UNITS_OF_A_POPULATION

    def _kinds(self) -> list[tuple[float, Integers, Floats]]:
        start = self.collector.all_episodes.episodes.group_index.cpu().numpy()
        found = []
        for number in np.unique(start):
            episodes = np.flatnonzero(start == number)
            p = self.collector.all_episodes.probabilities[episodes]
            found.append((float(p.sum()), episodes[:, None], p / p.sum()))
        return found

    def _batch(self, units: Integers, repeats: Integers, copies: int) -> WeightedBatches:
        batch = super()._batch(units, repeats, copies)
        return WeightedBatches(batch.pool, batch.chosen, batch.weights, np.zeros(batch.chosen.shape[1], dtype=np.int64))


def growth_of(expected: ExpectedGradient) -> Growth | None:
    """How the batches of a case grow; None where nothing in them is drawn independently."""
    collector = expected.case.collector
    if not isinstance(collector, IndependentUnits):
        return None
    one_group = collector.in_groups and collector.num_draws(expected.size) == 1
    return OneLargerGroup(expected, collector) if one_group else MoreUnits(expected, collector)
