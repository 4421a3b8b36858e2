"""What is too long to read is cut: the first rows, the largest numbers, the beginning and the end of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from gradcheck.document.blocks import Branch
from gradcheck.document.numbers import counted
from gradcheck.tree.types import Array

_T = TypeVar("_T")
_LONGEST = 30  # rows that are shown in full
_SHOWN = 20  # of more
_LINES = 60  # of a tree


def first(items: Sequence[_T]) -> Sequence[_T]:
    """All of a few, the first of many."""
    return items if len(items) <= _LONGEST else items[:_SHOWN]


def rest(items: Sequence[object], word: str) -> str:
    """How many are left out, in words; nothing where none is.

    >>> rest(range(1000), "path"), rest(range(3), "path")
    ('… and 980 more paths.', '')
    """
    left = len(items) - len(first(items))
    return f"… and {left:,} more {word if left == 1 else word + 's'}." if left else ""


def largest(values: Array) -> list[int]:
    """The places of all values, in order, if they are few; else of the largest absolute values, largest first."""
    if len(values) <= _LONGEST:
        return list(range(len(values)))
    return np.argsort(-np.abs(values.astype(np.float64)), kind="stable")[:_SHOWN].tolist()


def abridged(value: object, width: int = 16) -> str:
    """An observation or a state on one line of at most so many characters, its middle left out where it is longer.

    >>> abridged("[Observer: 0][Private: 0][Round 1][Player: 0][Pot: 2]")
    '[Observ…[Pot: 2]'
    """
    text = " ".join(str(value).split())
    half = width // 2
    return text if len(text) <= width else f"{text[: half - 1]}…{text[-half:]}"


def pruned(branches: Sequence[Branch]) -> list[Branch]:
    """Trees of lines, whole if they have few lines together; else the first lines, and how many more there are."""
    if sum(map(_lines, branches)) <= _LINES:
        return list(branches)
    left = _LINES
    kept: list[Branch] = []
    for i, branch in enumerate(branches):
        if left <= 0:
            kept.append(Branch(_more(branches[i:])))
            break
        top, left = _pruned(branch, left)
        kept.append(top)
    return kept


def _pruned(branch: Branch, left: int) -> tuple[Branch, int]:
    left -= 1
    children: list[Branch] = []
    for i, child in enumerate(branch.children):
        if left <= 0:
            children.append(Branch(_more(branch.children[i:])))
            break
        top, left = _pruned(child, left)
        children.append(top)
    return Branch(branch.label, tuple(children)), left


def _more(branches: Sequence[Branch]) -> str:
    return f"… and {counted(sum(map(_lines, branches)), 'more line')}"


def _lines(branch: Branch) -> int:
    return 1 + sum(map(_lines, branch.children))
