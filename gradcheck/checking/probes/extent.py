"""What the battery holds, in words made from its games: nothing beyond that was tried."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from gradcheck.checking.case import Case
from gradcheck.document.numbers import short


def extent(cases: Sequence[Case]) -> str:
    """Say the largest and the smallest of what a loss may stumble over.

    Args:
        cases: of the battery, on which a loss was examined.
    """
    every = [case.collector.all_episodes.episodes for case in cases]
    actions = max(case.tree.legal_actions.shape[1] for case in cases)
    steps = max(int(episodes.lengths.max()) for episodes in every)
    starts = max(case.tree.num_roots for case in cases)
    least = min(float(episodes.log_probs.min().exp()) for episodes in every)
    return (
        f"up to {actions} actions, {steps} steps, {starts} start{'s' * (starts > 1)}, "
        f"rewards {_range([episodes.rewards for episodes in every])}, "
        f"observations {_range([episodes.observations for episodes in every])}, probabilities ≥ {short(least, 2)}"
    )


def _range(values: Sequence[Tensor]) -> str:
    least, most = min(float(one.min()) for one in values), max(float(one.max()) for one in values)
    return f"{short(least)} to {short(most)}".replace("-", "−")
