"""The default: every batch is so many complete episodes."""

from __future__ import annotations

from typing import final

from gradcheck.checking.case import Case, Condition, Expectation
from gradcheck.checking.conditions.true_gradients import of_return_or_surrogate
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.names import ConditionName
from gradcheck.checking.probes import battery


@final
class CompleteEpisodesCondition(Condition):
    """N independent complete episodes, sampled from the policy."""

    name = "complete_episodes"
    summary = "N independent complete episodes, sampled from the policy."
    probes = (
        battery.THREE_ARMS,
        battery.TWO_DECISIONS,
        battery.SHARED_PARAMETERS,
        battery.UNEQUAL_LENGTHS,
        battery.CHANCE,
    )
    goes_without_saying = True

    def on_the_battery(self, case: Case) -> ConditionName:
        """Games with a discount, or with parameters that have moved, have conditions of their own there."""
        if case.tree.game.discount != 1:
            return "discounted"
        return self.name if case.behaviour is None else "moved_parameters"

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J, or that of the surrogate where another policy samples."""
        del size, whole
        return of_return_or_surrogate(case)
