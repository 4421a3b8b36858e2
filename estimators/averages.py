"""How the terms of all steps become one number: summed per episode, or averaged over steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from gradcheck.estimators.episodes import Episodes

#: Terms [T] and their episodes → scalar.
Average: TypeAlias = Callable[[Tensor, Episodes], Tensor]


def over_episodes(terms: Tensor, episodes: Episodes) -> Tensor:
    """Average over episodes: the sum over all steps, divided by the number of episodes N."""
    return terms.sum() / episodes.num_episodes


def over_steps(terms: Tensor, episodes: Episodes) -> Tensor:
    """Average over all steps of the batch.

    It divides by N times the average length, so that the step size depends less on the length of episodes. The average
    length is that of the batch itself: where lengths differ, the expected gradient has in general another direction,
    and the right one only in the limit of large batches.
    """
    del episodes  # the mean knows how many steps there are
    return terms.mean()
