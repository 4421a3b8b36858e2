"""The names that options take, as types for editors and type checkers."""

from __future__ import annotations

from typing import Literal, TypeAlias

#: The least verdict that passes.
Accept: TypeAlias = Literal["unbiased", "proportional", "consistent"]

#: How batches arise.
ConditionName: TypeAlias = Literal[
    "complete_episodes",
    "discounted",
    "fixed_steps",
    "groups",
    "moved_parameters",
    "micro_batches",
    "illegal_actions",
]
