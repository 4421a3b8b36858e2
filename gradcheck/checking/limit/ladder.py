"""The expected gradient at one batch size after another, all batches enumerated, as far as that is affordable."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import final

from torch import Tensor

from gradcheck.checking.budgets import (
    LARGEST_STEP,
    MOST_BATCHES_OF_A_STEP,
    MOST_BATCHES_OTHER_SIZES_IN_A_LOOP,
    MOST_EPISODES_OF_A_STEP,
    MOST_LAYOUTS_OF_A_STEP,
    MOST_SEQUENCES_OF_A_STEP,
)
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.u_statistics import expectation_by_structure
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.limit.growth import Growth, MoreUnits
from gradcheck.tree.errors import InvalidArgument


@final
class Ladder:
    """Sizes up to the one asked for, and then twice as many each time.

    Args:
        expected: of a loss on a case.
        growth: of its batches.
        estimate: at the size asked for; where that was sampled, there are no other sizes.
        numbers: in the code of the loss, further sizes.
    """

    def __init__(
        self, expected: ExpectedGradient, growth: Growth, estimate: GradientEstimate, numbers: Sequence[int] = ()
    ) -> None:
        self._expected, self._growth, self._estimate, self._numbers = expected, growth, estimate, numbers

    @property
    def asked(self) -> Tensor:
        """[P] at the size asked for."""
        return self._estimate.mean

    @property
    def sizes(self) -> list[int]:
        """In increasing order."""
        return [size for size, _ in self.steps]

    @property
    def means(self) -> list[Tensor]:
        """[P] of each size; that at the size asked for comes first."""
        asked = self._growth.asked
        return [self.asked, *(mean for size, mean in self.steps if size != asked)]

    @cached_property
    def steps(self) -> list[tuple[int, Tensor]]:
        """(size, expected gradient [P])."""
        asked = self._growth.asked
        known = {asked: self.asked}
        if not self._estimate.exact:
            return list(known.items())
        below = [size for size in (1, 2, 3, 4) if size < asked]
        above = [asked * 2**power for power in range(1, 7) if asked * 2**power <= max(LARGEST_STEP, 2 * asked)]
        told = [size for size in self._numbers if 4 < size <= LARGEST_STEP and size not in (asked, *above)]
        for size in below + ([3] if asked < 3 else []) + above + told:
            if affordable(self._expected, self._growth, size):
                mean = self._enumerated(size)
            else:
                mean = self._by_structure(size) if size == 2 * asked else None
            if mean is not None:
                known[size] = mean
        return sorted(known.items())

    def _enumerated(self, size: int) -> Tensor | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a size that no one asked for
                if self._is_of_single_episodes:
                    return self._expected.at(size).mean  # which remembers it
                return expectation(self._expected.gradient, self._growth.batches(size)).mean
        except (LossFailed, InvalidArgument):  # a loss may need more episodes than a small batch has
            return None

    def _by_structure(self, size: int) -> Tensor | None:
        if not self._is_of_single_episodes or self._growth.ordered:
            return None
        try:
            found = expectation_by_structure(
                self._expected.gradient, self._growth.collector, size, MOST_BATCHES_OF_A_STEP
            )
        except (LossFailed, InvalidArgument):
            return None
        return None if found is None else found.mean

    @property
    def _is_of_single_episodes(self) -> bool:
        return isinstance(self._growth, MoreUnits) and not self._growth.collector.in_groups


def affordable(expected: ExpectedGradient, growth: Growth, size: int, *, in_code: bool = False) -> bool:
    """Whether all batches of a size can be enumerated beside what was asked, within a twentieth of a second or two.

    A size that stands ``in_code`` may take some more.
    """
    count, episodes = growth.count(size), growth.episodes(size)
    if not expected.gradient.vectorised:
        return count <= MOST_BATCHES_OTHER_SIZES_IN_A_LOOP
    if in_code and expected.gradient.vectorised_over_layouts and not growth.ordered:
        return count <= MOST_BATCHES_OF_A_STEP and count * episodes <= MOST_EPISODES_OF_A_STEP
    lengths = len(growth.collector.all_episodes.episodes.lengths.unique())
    orders = lengths**episodes if growth.ordered else math.comb(lengths + episodes - 1, episodes)
    layouts = min(orders, count)
    if growth.ordered and size <= growth.asked + 1:
        return count <= MOST_SEQUENCES_OF_A_STEP
    small = episodes <= 2 * growth.episodes(growth.asked) and count <= 600
    return (
        count <= MOST_BATCHES_OF_A_STEP
        and count * episodes <= MOST_EPISODES_OF_A_STEP
        and (small or layouts <= MOST_LAYOUTS_OF_A_STEP)
    )
