"""Games in which an action is not always legal: the mask of sampling belongs into the loss."""

from __future__ import annotations

from dataclasses import replace
from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation, NotApplicable
from gradcheck.checking.conditions.true_gradients import of_complete_episodes
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.subjects import Play
from gradcheck.checking.probes.unmasked_table import UnmaskedTable
from gradcheck.estimators.policies import TabularPolicy
from gradcheck.tree.game_tree import GameTree


@final
class IllegalActionsCondition(Condition):
    """Complete episodes of a game in which an action is not always legal."""

    name = "illegal_actions"
    summary = "Complete episodes of a game in which an action is not always legal."
    aspect = Aspect.ILLEGAL_ACTIONS
    probes = (
        battery.ILLEGAL_ACTION,
        battery.ILLEGAL_LATER,
        battery.ILLEGAL_AGAIN,
    )
    counterexample_sizes = ()  # the small games that are searched for one have no illegal actions

    def require_of_game(self, tree: GameTree) -> None:
        """Refuse a game in which all actions are legal."""
        if tree.legal_actions.all():
            raise NotApplicable("In the game that was given every action is always legal.")

    def placed(self, play: Play, options: CheckOptions) -> Play:
        """A table that masks its illegal actions itself hides what a loss leaves out; one that does not, does not."""
        del options
        if play.from_table and isinstance(play.policy, TabularPolicy):
            return replace(play, policy=UnmaskedTable(play.policy))
        return play

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J, or that of the surrogate where it is asked for."""
        del size, whole
        return (of_complete_episodes(case),)
