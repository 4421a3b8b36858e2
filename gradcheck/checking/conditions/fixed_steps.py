"""A buffer of a fixed number of steps, filled with one episode after another."""

from __future__ import annotations

from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation, NotApplicable
from gradcheck.checking.conditions.true_gradients import on_the_same_buffers
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.names import joined
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.around_numbers import rewards_around
from gradcheck.checking.probes.probe import Probe
from gradcheck.checking.probes.subjects import Play
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.collectors.fixed_steps import FixedSteps
from gradcheck.tree.game_tree import GameTree


@final
class FixedStepsCondition(Condition):
    """A buffer of N steps: episodes one after another, the last cut where it is not over."""

    name = "fixed_steps"
    summary = "A buffer of N steps: episodes one after another, the last cut where it is not over."
    aspect = Aspect.COLLECTING
    probes = (
        battery.UNEQUAL_LENGTHS,
        battery.CHANCE,
        battery.SIX_STEPS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
        battery.SHARED_TRUNK,
    )
    has_limit = False
    has_other_sizes = False
    cuts_episodes = True
    truth_depends_on_size = True
    can_be_sampled = False

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Rewards on both sides of them."""
        return rewards_around(numbers)

    def require(self, options: CheckOptions) -> None:
        """Refuse buffers of a single step, and an objective."""
        if self.size(options) == 1:
            raise NotApplicable(
                "In a buffer of one step every action is followed by its reward and an exact value, however returns "
                "are summed. Give a larger batch."
            )
        if options.objective is not None:
            raise NotApplicable("An objective says what complete episodes are worth, and a buffer cuts them.")

    def require_of_game(self, tree: GameTree) -> None:
        """Refuse a game whose episodes have one step each: no buffer cuts one of them."""
        if len(tree.node_levels) == 1:
            raise NotApplicable("In the game that was given every episode has one step, and no buffer cuts it.")

    def collector(self, play: Play, options: CheckOptions) -> AbstractCollector:
        """All buffers, with the values that the policy has which is optimised."""
        del options
        return FixedSteps(play.tree, play.sampler, optimised=play.policy)

    def on_the_battery(self, case: Case) -> str:
        """Buffers are compared with the log-probability loss, discount or not."""
        return joined([self.name, "moved_parameters"] if case.off_policy else [self.name])

    def words_for_a_batch(self, size: int) -> str:
        """A buffer."""
        return f"a buffer of {size} steps"

    def small_size(self, size: int) -> int:
        """The size itself: a shorter buffer cuts other episodes."""
        return size

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """The log-probability loss on the same buffers, with the exact value of the state at the cut."""
        del whole
        return on_the_same_buffers(case, size)
