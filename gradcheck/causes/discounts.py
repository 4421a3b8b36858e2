"""Discounting: too little of it, too much, or where there is none."""

from __future__ import annotations

from torch import Tensor

from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherWeights,
)
from gradcheck.causes.parts import from_the_start, future, gains, later_sums
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights

_INVENTED = (0.99, 0.95, 0.9, 0.999, 0.995, 0.98, 0.97, 0.8, 0.5)


def _undiscounted(episodes: Episodes) -> Tensor:
    return later_sums(episodes, episodes.rewards + episodes.bootstrap_values)


def _discounted(factor: float) -> Weights:
    """[T] what the future returns would be, had the game this discount."""

    def weights(episodes: Episodes) -> Tensor:
        rewards = episodes.rewards + factor * episodes.bootstrap_values
        return later_sums(episodes, rewards, factor=factor)

    return weights


def _discounted_throughout(factor: float) -> Weights:
    """[T] the same times γ^t."""
    weights = _discounted(factor)
    return lambda e: weights(e) * factor ** e.time_steps.to(e.rewards.dtype)


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "discount_missing",
        "The factor γ^t is missing: the returns are discounted from each step, not from the start of the episode.",
        "Weigh step t with γ^t times its future return: weights=estimators.from_the_start(discount).",
        OtherWeights(lambda e: e.future_returns),
        frozenset({Feature.DISCOUNT}),
    ),
    Mistake(
        "no_discount_at_all",
        "The game is discounted, and the returns are not.",
        "Use episodes.future_returns times γ^t: weights=estimators.from_the_start(discount).",
        OtherWeights(_undiscounted),
        frozenset({Feature.DISCOUNT}),
    ),
    Mistake(
        "return_not_discounted",
        "The factor γ^t is there, but the rewards behind it are summed without a discount.",
        "Use episodes.future_returns, which are discounted from each step, times γ^t.",
        OtherWeights(lambda e: from_the_start(e, _undiscounted(e))),
        frozenset({Feature.DISCOUNT}),
    ),
    Mistake(
        "discounted_twice",
        "Returns are discounted twice: with γ^2t, or a return from the start that is multiplied with γ^t again.",
        "Discount each reward once, by its own time: γ^t times the future return, which is discounted from step t.",
        OtherWeights(
            lambda e: from_the_start(e, future(e)),
            lambda e: from_the_start(e, later_sums(e, gains(e), factor=e.discount**2)),
            lambda e: from_the_start(e, from_the_start(e, later_sums(e, gains(e), factor=e.discount**2))),
        ),
        frozenset({Feature.DISCOUNT}),
    ),
    *(
        Mistake(
            "discounts_undiscounted_game",
            f"Returns are discounted with γ = {factor}, and the game has another discount.",
            "Use the discount of the game, or give check the discount that is meant: discount=….",
            OtherWeights(_discounted(factor)),
        )
        for factor in _INVENTED
    ),
    *(
        Mistake(
            "discounts_undiscounted_game",
            f"Returns are discounted with γ = {factor}, and so are steps: the game has another discount.",
            "Use the discount of the game, or give check the discount that is meant: discount=….",
            OtherWeights(_discounted_throughout(factor)),
        )
        for factor in _INVENTED
    ),
    *(
        Mistake(
            "gae_without_critic",
            f"Advantages are estimated with λ = {factor} and without a critic, which discounts later rewards by λ.",
            "Use λ = 1, or a critic that is right.",
            OtherWeights(
                lambda e, factor=factor: from_the_start(e, later_sums(e, gains(e), factor=e.discount * factor)),
                lambda e, factor=factor: later_sums(e, gains(e), factor=e.discount * factor),
            ),
            frozenset({Feature.DISCOUNT}),
        )
        for factor in (0.95, 0.97, 0.9)
    ),
)
