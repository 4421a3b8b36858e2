"""The gradient on large batches in which every episode is as frequent as it is probable, at several sizes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from typing import final

import torch
from torch import Tensor

from gradcheck.checking.budgets import (
    COPIES_WHERE_ORDER_MATTERS,
    FEW_POPULATIONS,
    MOST_EPISODES_OF_A_POPULATION,
    MOST_POPULATIONS,
    POPULATIONS,
)
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.limit.angle import AngleTo
from gradcheck.checking.limit.growth import Growth
from gradcheck.checking.tolerances import LEAST_SQUARED
from gradcheck.tree.errors import InvalidArgument

_LARGEST_DIVISOR, _MOST_DIVISORS = 48, 3  # of a batch size, and how many are looked at
_JUMPS = 0.75  # what is continuous changes half as much in a batch twice as large


@final
class LargeBatches:
    """Populations: what small batches tend to, where the loss depends continuously on the frequencies of episodes.

    Args:
        expected: of a loss on a case.
        growth: of its batches.
        angle: to the true gradient.
        numbers: in the code of the loss. Some of the sizes are multiples of them, and some are not.
    """

    def __init__(self, expected: ExpectedGradient, growth: Growth, angle: AngleTo, numbers: Sequence[int] = ()) -> None:
        self._expected, self._growth, self._angle, self._numbers = expected, growth, angle, numbers
        self._rounded = growth.has_populations and growth.num_populations > MOST_POPULATIONS

    @property
    def sizes(self) -> list[int]:
        """Units in a batch, in increasing order."""
        return [size for size, _ in self.steps]

    @property
    def means(self) -> list[Tensor]:
        """[P] of each size."""
        return [mean for _, mean in self.steps]

    @property
    def spread(self) -> float:
        """How far directions differ from size to size for no other reason than that frequencies are rounded."""
        if not self._rounded or len(self.means) < 2:
            return 0.0
        return 3 * max(self._angle.between(mean, self.means[-1]) for mean in self.means[-3:-1])

    @cached_property
    def steps(self) -> list[tuple[int, Tensor]]:
        """(size, gradient [P]); none where the loss cannot be asked about batches as large as these."""
        if not self._growth.has_populations:
            return []
        found = []
        for total, copies in self._also_multiples(self._totals()):
            batches = self._growth.population(total, copies)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    gradients = [weight * self._expected.gradient.of(batch[0]) for weight, batch in batches]
            except (LossFailed, InvalidArgument):  # it may overflow, and no one asked about such
                break
            mean = torch.stack(gradients).sum(0)
            if float(mean.abs().max()) > 1 / LEAST_SQUARED:  # its length is no number
                break
            found.append((copies * total, mean))
        return found

    @property
    def believed(self) -> bool:
        """Whether one episode more or fewer of a kind turns the gradient the less, the larger the batch is.

        Else the true frequencies lie on an edge, and batches on both of its sides are as likely.
        """
        if self._growth.ordered or len(self.steps) < 2:
            return True
        totals = [total for total, _ in self._totals()][:2]
        try:
            turns = [self._turned(total) for total in totals]
        except (LossFailed, InvalidArgument):
            return False
        return turns[1] <= max(_JUMPS * turns[0], self._angle.rounding)

    def _turned(self, total: int) -> float:
        """By how much, at most."""
        angle, known = self._angle, {}
        largest = 0.0
        for here, other in self._growth.beside_the_population(total):
            key = here.chosen.tobytes()
            if key not in known:
                known[key] = self._expected.gradient.of(here[0])
            beside = self._expected.gradient.of(other[0])
            if angle.is_zero(known[key]) or angle.is_zero(beside):
                turned = 0.0 if angle.is_zero(known[key]) and angle.is_zero(beside) else 1.0
            else:
                turned = angle.between(known[key], beside)
            largest = max(largest, turned)
        return largest

    def _also_multiples(self, totals: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The same, and for each number in the code one that is a multiple of it, or one that is none."""
        if not totals or self._growth.ordered:
            return totals
        unit = self._growth.least_population(totals[0][0]) or 1
        found = {total for total, _ in totals}
        for number in [number for number in self._numbers if number <= _LARGEST_DIVISOR][:_MOST_DIVISORS]:
            multiples = {total % number == 0 for total in found}
            for wanted in {True, False} - multiples:
                fitting = (total for total in range(max(found), min(found), -unit) if (total % number == 0) is wanted)
                found |= set(islice(fitting, 1))
        return [(total, 1) for total in sorted(found)]

    def _totals(self) -> list[tuple[int, int]]:
        """(Units, copies of them)."""
        each = max(1, self._growth.episodes(self._growth.asked) // self._growth.asked)
        most = max(1, MOST_EPISODES_OF_A_POPULATION // each)
        if self._growth.ordered:
            copies = COPIES_WHERE_ORDER_MATTERS
            return [(max(1, total // copies), copies) for total in POPULATIONS if total <= most]
        least = self._growth.least_population(most // 3)
        if least is None:
            sizes = POPULATIONS if self._growth.num_populations <= FEW_POPULATIONS else POPULATIONS[:-1]
            return [(total, 1) for total in sizes if total <= most]
        multiples = [max(1, total // least) * least for total in POPULATIONS]
        if len(set(multiples)) < len(POPULATIONS):
            multiples = [least * factor for factor in ((1, 2, 4, 8) if 4 * least <= most else (1, 2, 3))]
        return [(total, 1) for total in multiples if total <= most]
