"""All conditions by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradcheck.checking.case import Condition
from gradcheck.checking.conditions.complete_episodes import CompleteEpisodesCondition
from gradcheck.checking.conditions.discounted import DiscountedCondition
from gradcheck.checking.conditions.fixed_steps import FixedStepsCondition
from gradcheck.checking.conditions.groups import GroupsCondition
from gradcheck.checking.conditions.illegal_actions import IllegalActionsCondition
from gradcheck.checking.conditions.micro_batches import MicroBatchesCondition
from gradcheck.checking.conditions.moved_parameters import MovedParametersCondition

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
