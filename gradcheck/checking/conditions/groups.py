"""Groups of episodes from one start each, as language models are trained: several answers to one prompt."""

from __future__ import annotations

from collections.abc import Hashable
from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation
from gradcheck.checking.conditions.true_gradients import of_complete_episodes
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.around_numbers import rewards_around
from gradcheck.checking.probes.probe import Probe
from gradcheck.checking.probes.subjects import Play
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.collectors.groups import Groups


@final
class GroupsCondition(Condition):
    """Groups of complete episodes, each group from one start."""

    name = "groups"
    summary = "Groups of complete episodes, each group from one start."
    aspect = Aspect.COLLECTING
    probes = (
        battery.TWO_STARTS,
        battery.SIX_STEPS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
        battery.SHARED_TRUNK,
    )
    has_other_sizes = False
    counterexample_sizes = (4,)

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Rewards on both sides of them."""
        return rewards_around(numbers)

    def key(self, options: CheckOptions) -> tuple[Hashable, ...]:
        """The number of groups."""
        return (options.num_groups,)

    def collector(self, play: Play, options: CheckOptions) -> AbstractCollector:
        """All batches of so many groups."""
        return Groups(play.tree, play.sampler, groups=options.num_groups, optimised=play.policy)

    def size(self, options: CheckOptions) -> int:
        """K · g; of a single number, two groups of half of it each, or of two episodes."""
        if isinstance(options.batch, tuple):
            return options.num_episodes
        return options.num_groups * max(2, options.batch // 2)

    def batch_of_size(self, size: int) -> tuple[int, int]:
        """Two groups."""
        return (2, size // 2)

    def small_size(self, size: int) -> int:
        """The size itself: groups stay as large as they are."""
        return size

    def remark(self, options: CheckOptions) -> str:
        """How many groups a single number stands for; and that one group by itself has a limit of its own."""
        if options.num_groups == 1:
            return "As batches grow, the one group does; the limit of many groups is another."
        size = self.size(options)
        if size == options.num_episodes:
            return ""
        return f"2 groups of {size // 2}: a batch of {options.num_episodes} holds no two groups of two."

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J, or that of the surrogate where it is asked for."""
        del size, whole
        return (of_complete_episodes(case),)
