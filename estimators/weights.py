"""What each action's log-probability is multiplied with: the future return, as it is or normalised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from gradcheck.estimators.episodes import Episodes, discount_factors
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import discount_of

#: Episodes → [T], a constant for the gradient.
Weights: TypeAlias = Callable[[Episodes], Tensor]

_SMALLEST_STD = 1e-6


def future_returns(episodes: Episodes) -> Tensor:
    """Weigh each step with the future return as it is (reward-to-go), [T]."""
    return episodes.future_returns


def from_the_start(discount: NumberLike) -> Weights:
    """Weigh each step with γ^t f_t: the future return discounted from the start of the episode, not from the step.

    In a discounted game this factor belongs to the gradient of the expected discounted return; without it, what is
    estimated is in general the gradient of no function.

    Args:
        discount: γ of the game, between 0 and 1.

    Reference:
        Nota & Thomas (2020), *Is the policy gradient a gradient?*.
    """
    factor = float(discount_of(discount))

    def weights(episodes: Episodes) -> Tensor:
        return episodes.future_returns * discount_factors(episodes, factor)

    return weights


def normalised(episodes: Episodes, *, of: Weights = future_returns) -> Tensor:
    """Weigh each step with its normalised future return, [T]: (f - mean) / max(std, 1e-6) over all steps of the batch.

    The deviation is torch's unbiased one. The clamp makes a batch of equal returns give 0 rather than 0/0. It does not
    help a batch of a single step: the unbiased standard deviation of one number is 0/0, and the maximum of that and
    1e-6 is still not a number.

    In the limit of large batches neither the mean nor the deviation changes the direction of the expected gradient. At
    a finite size they do in general, because they depend on the same returns that they are applied to.

    Args:
        episodes: the batch.
        of: what is normalised; ``functools.partial(normalised, of=from_the_start(discount))`` in a discounted game.
    """
    f = of(episodes)
    return (f - f.mean()) / f.std().clamp(min=_SMALLEST_STD)
