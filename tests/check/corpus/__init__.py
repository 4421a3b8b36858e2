"""Losses right and wrong, each with the verdict that brute force gives it and the place where it was reported."""

from __future__ import annotations

from tests.check.corpus import (  # noqa: F401 - importing a module enters its losses
    averages_and_masks,
    baselines,
    case,
    collectors,
    composites,
    ratios,
    returns,
    right_baselines,
    right_forms,
    right_ratios,
    scores,
    terms,
)

WRONG = tuple(case.WRONG)
RIGHT = tuple(case.RIGHT)


def kind(entry: case.Case) -> tuple[str, ...]:
    """The file an entry is in, its condition and its verdict: there are some forty kinds."""
    return entry.loss.__module__, entry.condition, entry.verdict
