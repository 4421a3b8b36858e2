"""The names that options take, as types for editors and type checkers; and what names of conditions make together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from gradcheck.tree.errors import invalid

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

#: What counts as the true gradient where another policy samples.
ReferenceName: TypeAlias = Literal["return", "stepwise"]

#: The conditions that say how batches are collected: of these one holds, the first unless another is named.
COLLECTING: tuple[ConditionName, ...] = ("complete_episodes", "fixed_steps", "groups")

_CONDITIONS: tuple[str, ...] = get_args(ConditionName)


def joined(names: Iterable[str]) -> str:
    """Several conditions at once, as one name: how batches are collected first, the others in the usual order.

    Args:
        names: of conditions, single ones or several joined by "+".

    Raises:
        InvalidArgument: if there is no such condition, or two of them collect batches in different ways.

    >>> joined(["moved_parameters+groups"]), joined(["complete_episodes", "discounted"])
    ('groups + moved_parameters', 'discounted')
    """
    single = list(dict.fromkeys(part.strip() for name in names for part in name.split("+")))
    for name in single:
        if name not in _CONDITIONS:
            raise invalid(f"conditions among {', '.join(_CONDITIONS)}, joined by +", "conditions", name)
    default, *others = COLLECTING
    collecting = [name for name in single if name in COLLECTING]
    if len(collecting) > 1:
        raise invalid(f"one of {', '.join(COLLECTING)}", "conditions", " + ".join(single), "Give them one by one.")
    rest = sorted((name for name in single if name not in COLLECTING), key=_CONDITIONS.index)
    return " + ".join([*(name for name in collecting if name in others), *rest]) or default
