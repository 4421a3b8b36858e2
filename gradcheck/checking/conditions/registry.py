"""All conditions by name, single ones and several at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from gradcheck.checking.case import Aspect, Condition
from gradcheck.checking.conditions.complete_episodes import CompleteEpisodesCondition
from gradcheck.checking.conditions.composite import CompositeCondition
from gradcheck.checking.conditions.discounted import DiscountedCondition
from gradcheck.checking.conditions.fixed_steps import FixedStepsCondition
from gradcheck.checking.conditions.groups import GroupsCondition
from gradcheck.checking.conditions.illegal_actions import IllegalActionsCondition
from gradcheck.checking.conditions.micro_batches import MicroBatchesCondition
from gradcheck.checking.conditions.moved_parameters import MovedParametersCondition
from gradcheck.checking.names import COLLECTING, joined

#: In the order in which results list them. A new one goes here, and into ``names.ConditionName``.
CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        condition.name: condition
        for condition in (
            CompleteEpisodesCondition(),
            DiscountedCondition(),
            FixedStepsCondition(),
            GroupsCondition(),
            MovedParametersCondition(),
            MicroBatchesCondition(),
            IllegalActionsCondition(),
        )
    }
)


def condition_named(name: str) -> Condition:
    """The condition of a name; several joined by "+" hold at once, each in what it decides.

    Raises:
        InvalidArgument: if there is no such condition.

    >>> condition_named("moved_parameters+groups").name
    'groups + moved_parameters'
    """
    return _condition(joined([name]))


@cache
def _condition(name: str) -> Condition:
    if name in CONDITIONS:
        return CONDITIONS[name]
    parts = tuple(CONDITIONS[part] for part in name.split(" + "))
    collects = any(part.aspect is Aspect.COLLECTING for part in parts)
    return CompositeCondition(name, parts if collects else (CONDITIONS[COLLECTING[0]], *parts))
