"""The conditions under which a loss is checked: how its batches arise, on which probes, and what counts as true."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import final

import torch
from torch import nn

from gradcheck.checking.probes import battery as probes
from gradcheck.checking.probes.battery import Probe
from gradcheck.checking.probes.subjects import AbstractSubject, Play
from gradcheck.estimators.collectors.base import AbstractCollector, CompleteEpisodes, FixedSteps, Groups

COMPLETE, DISCOUNTED, STEPS, GROUPS = "complete_episodes", "discounted", "fixed_steps", "groups"
MOVED, MICRO, ILLEGAL = "moved_parameters", "micro_batches", "illegal_actions"

_LEAST_MOVE, _LARGEST_MOVE = 0.4, 0.9  # of each parameter: most ratios leave the interval from 0.8 to 1.2


@final
@dataclass(frozen=True)
class Condition:
    """How batches arise.

    Attributes:
        name: as users write it.
        words: what it means, in one sentence.
        probes: of the battery, that it is tried on.
        in_limit: whether a loss may be right in the limit of large batches only.
    """

    name: str
    words: str
    probes: tuple[Probe, ...] = field(repr=False)
    in_limit: bool = True


#: All of them, in the order in which results list them.
CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        one.name: one
        for one in (
            Condition(
                COMPLETE,
                "N independent complete episodes, sampled from the policy.",
                (
                    probes.THREE_ARMS,
                    probes.TWO_DECISIONS,
                    probes.SHARED_PARAMETERS,
                    probes.UNEQUAL_LENGTHS,
                    probes.CHANCE,
                ),
            ),
            Condition(
                DISCOUNTED,
                "Complete episodes of games with a discount.",
                (probes.TWO_DECISIONS, probes.UNEQUAL_LENGTHS),
            ),
            Condition(
                STEPS,
                "A buffer of N steps: episodes one after another, the last cut where it is not over.",
                (probes.UNEQUAL_LENGTHS, probes.CHANCE),
                in_limit=False,
            ),
            Condition(
                GROUPS,
                "Groups of complete episodes, each group from one start.",
                (probes.TWO_STARTS,),
            ),
            Condition(
                MOVED,
                "Several updates on one batch: the parameters have moved since it was sampled.",
                (probes.TWO_DECISIONS, probes.SHARED_PARAMETERS, probes.UNEQUAL_LENGTHS),
                in_limit=False,
            ),
            Condition(
                MICRO,
                "The batch in two parts, whose gradients are averaged.",
                (probes.SHARED_PARAMETERS, probes.UNEQUAL_LENGTHS),
                in_limit=False,
            ),
            Condition(
                ILLEGAL,
                "Complete episodes of a game in which an action is not always legal.",
                (probes.ILLEGAL_ACTION,),
            ),
        )
    }
)


@final
@dataclass(frozen=True, eq=False)
class Setting:
    """A game and a policy under a condition.

    Attributes:
        condition: the condition.
        play: the game, the policy at whose parameters the loss is evaluated, and what samples.
        collector: all batches with their probabilities.
    """

    condition: Condition
    play: Play
    collector: AbstractCollector = field(repr=False)

    @property
    def where(self) -> str:
        """In words, for messages.

        It begins with "on" or "in".
        """
        game = f"on the probe {self.play.name}" if self.play.name.isidentifier() else f"in {self.play.name}"
        return game if self.condition.name == COMPLETE else f"{game} under {self.condition.name}"


class NotApplicable(Exception):
    """A condition says nothing about a subject; its text is the reason."""


def settings_of(
    condition: Condition, subject: AbstractSubject, *, groups: int, discount: Fraction, seed: int
) -> tuple[Setting, ...]:
    """The settings to try under a condition.

    Args:
        condition: which.
        subject: who plays what.
        groups: k, of a batch of groups.
        discount: of the probes under ``discounted``.
        seed: of moved parameters.

    Raises:
        NotApplicable: if the condition says nothing about the game that was given.
    """
    factor = discount if condition.name == DISCOUNTED else Fraction(1)
    found = []
    for play in subject.plays(condition.probes, factor):
        if not subject.is_battery:
            _refuse(condition, play)
        one = _moved(play, seed) if condition.name == MOVED else play
        found.append(Setting(condition, one, _collector(condition, one, groups)))
    return tuple(found)


def _refuse(condition: Condition, play: Play) -> None:
    if condition.name == DISCOUNTED and play.tree.game.discount == 1:
        raise NotApplicable("The game that was given has no discount.")
    if condition.name == ILLEGAL and play.tree.legal_actions.all():
        raise NotApplicable("In the game that was given every action is always legal.")


def _collector(condition: Condition, play: Play, groups: int) -> AbstractCollector:
    samples = play.policy if play.behaviour is None else play.behaviour
    if condition.name == GROUPS:
        return Groups(play.tree, samples, groups=groups)
    return (FixedSteps if condition.name == STEPS else CompleteEpisodes)(play.tree, samples)


def _moved(play: Play, seed: int) -> Play:
    """The same play, sampled at the parameters as they are, with the policy moved away from there."""
    policy = deepcopy(play.policy)
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in policy.parameters():
            moves = torch.rand(parameter.shape, generator=numbers, dtype=torch.float64)
            signs = torch.randint(2, parameter.shape, generator=numbers) * 2 - 1
            step = signs * (_LEAST_MOVE + (_LARGEST_MOVE - _LEAST_MOVE) * moves)
            parameter.add_(step.to(parameter))
    behaviour: nn.Module | object = play.policy if play.behaviour is None else play.behaviour
    return replace(play, policy=policy, behaviour=behaviour)
