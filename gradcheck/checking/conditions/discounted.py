"""Games with a discount: γ^t belongs to the gradient of what is maximised."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation, NotApplicable
from gradcheck.checking.conditions.true_gradients import of_complete_episodes
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.around_numbers import rewards_around
from gradcheck.checking.probes.probe import Probe
from gradcheck.tree.game_tree import GameTree


@final
class DiscountedCondition(Condition):
    """Complete episodes of games with a discount."""

    name = "discounted"
    summary = "Complete episodes of games with a discount."
    aspect = Aspect.DISCOUNT
    is_discounted = True
    probes = (
        battery.TWO_DECISIONS,
        battery.UNEQUAL_LENGTHS,
        battery.SIX_STEPS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
        battery.SHARED_TRUNK,
    )

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Rewards on both sides of them."""
        return rewards_around(numbers)

    @property
    def of_a_given_game(self) -> str:
        """Complete episodes: the discount is the game's own."""
        return "complete_episodes"

    def require_of_game(self, tree: GameTree) -> None:
        """Refuse a game without a discount."""
        if tree.game.discount == 1:
            raise NotApplicable("The game that was given has no discount.")

    def discount(self, options: CheckOptions) -> Fraction:
        """That of the options."""
        return options.discount

    def key(self, options: CheckOptions) -> tuple[Hashable, ...]:
        """The discount."""
        return (options.discount,)

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J, or that of the surrogate where it is asked for."""
        del size, whole
        return (of_complete_episodes(case),)
