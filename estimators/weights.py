"""What each action's log-probability is multiplied with: the future return, as it is or normalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from estimators.episodes import Episodes
from tree.errors import invalid
from tree.rationals import NumberLike, number

#: Episodes → [T], a constant for the gradient.
Weights: TypeAlias = Callable[[Episodes], Tensor]

_SMALLEST_STD = 1e-6


def future_returns(episodes: Episodes) -> Tensor:
    """[T] the future returns as they are (reward-to-go)."""
    return episodes.future_returns


def from_the_start(discount: NumberLike) -> Weights:
    """γ^t f_t: the future returns discounted from the start of the episode rather than from the step.

    In a discounted game this factor belongs to the gradient of the expected discounted return; without it, what is
    estimated is the gradient of nothing (Nota & Thomas 2020, *Is the policy gradient a gradient?*).

    Args:
        discount: γ of the game, between 0 and 1.
    """
    factor = float(number(discount, "discount"))
    if not 0 <= factor <= 1:
        raise invalid("a discount between 0 and 1", "discount", discount)

    def weights(episodes: Episodes) -> Tensor:
        return episodes.future_returns * factor**episodes.time_steps

    return weights


def normalised(episodes: Episodes) -> Tensor:
    """[T] (f - mean) / max(std, 1e-6) over all steps of the batch, with torch's unbiased standard deviation.

    The clamp makes a batch of equal returns give 0 rather than 0/0. It does not help a batch of a single step: the
    unbiased standard deviation of one number is 0/0, and the maximum of that and 1e-6 is still not a number.

    Neither the mean nor the deviation changes the direction of the expected gradient as the batch grows. At any finite
    size both do: they are made of the very returns they divide.
    """
    f = episodes.future_returns
    return (f - f.mean()) / f.std().clamp(min=_SMALLEST_STD)
