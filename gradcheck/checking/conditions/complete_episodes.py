"""The default: every batch is so many complete episodes."""

from __future__ import annotations

from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation
from gradcheck.checking.conditions.true_gradients import of_complete_episodes
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.around_numbers import lengths_around, rewards_around, sizes_around
from gradcheck.checking.probes.probe import Probe


@final
class CompleteEpisodesCondition(Condition):
    """N independent complete episodes, sampled from the policy."""

    name = "complete_episodes"
    summary = "N independent complete episodes, sampled from the policy."
    aspect = Aspect.COLLECTING
    probes = (
        battery.THREE_ARMS,
        battery.TWO_DECISIONS,
        battery.SHARED_PARAMETERS,
        battery.UNEQUAL_LENGTHS,
        battery.CHANCE,
        battery.SIX_STEPS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
        battery.SHARED_TRUNK,
    )
    goes_without_saying = True

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Rewards, lengths and batch sizes on both sides of them."""
        return (*rewards_around(numbers), *lengths_around(numbers), *sizes_around(numbers))

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J, or that of the surrogate where it is asked for."""
        del size, whole
        return (of_complete_episodes(case),)
