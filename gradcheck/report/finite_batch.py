"""The expected gradient of a loss at a finite batch size, exactly: all batches are enumerated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import final

from torch import Tensor, nn

from gradcheck.checking.expectation.enumerated import mean_gradients
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.averages import over_steps
from gradcheck.estimators.batches import WeightedBatches, count_draws, enumerate_draws
from gradcheck.estimators.episode_list import AllEpisodes
from gradcheck.estimators.gradients import parameters_of
from gradcheck.estimators.policy_gradients import Loss, log_prob
from gradcheck.estimators.weights import Weights, future_returns, normalised


def common_practices(weights: Weights = future_returns) -> dict[str, Loss]:
    """Losses in common use whose expected gradient has the right direction, in general, only in the limit of large N.

    Args:
        weights: what is normalised, or averaged over steps.
    """
    by_batch = partial(normalised, of=weights)
    return {
        "mean_over_steps": partial(log_prob, weights=weights, average=over_steps),
        "normalised": partial(log_prob, weights=by_batch),
        "normalised_mean_over_steps": partial(log_prob, weights=by_batch, average=over_steps),
    }


#: The common practices in an undiscounted game.
COMMON_PRACTICES: Mapping[str, Loss] = common_practices()


@final
@dataclass(frozen=True)
class FiniteBatch:
    """A loss's expected gradient g at one batch size, beside the exact gradient t.

    Attributes:
        estimator: the loss's name.
        batch: N.
        direction_error: 1 - cosine of the angle between g and t; None where g is undefined, or g or t is zero.
        scale: the projection of g on t, in units of t: <g, t> / <t, t>; None where g is undefined, or t is zero.
        undefined: the probability of a batch whose gradient is not a number; g is undefined unless this is 0.
    """

    estimator: str
    batch: int
    direction_error: float | None
    scale: float | None
    undefined: float


def affordable(count: int, longest: int, sizes: Iterable[int], max_steps: int) -> list[int]:
    """The sizes, from the smallest on, whose batches have together at most so many steps.

    Args:
        count: K, the number of different episodes.
        longest: the largest number of steps of one.
        sizes: of the batches, increasing.
        max_steps: for all the sizes together.

    >>> affordable(30, 3, range(2, 9), 100_000)
    [2, 3]
    """
    fitting: list[int] = []
    left = max_steps
    for size in sizes:
        left -= count_draws(count, size, ordered=False) * size * longest
        if left < 0:
            break
        fitting.append(size)
    return fitting


def finite_batches(
    losses: Mapping[str, Loss], policy: nn.Module, episodes: AllEpisodes, exact: Tensor, sizes: Iterable[int]
) -> tuple[FiniteBatch, ...]:
    """Compute the expected gradient of each loss at each batch size.

    Every multiset of N episodes is evaluated once, weighted with its multinomial probability: these losses do not
    depend on the order of the episodes.

    Args:
        losses: by name.
        policy: in whose parameters the gradient is taken, one after another: P in all.
        episodes: the K possible episodes.
        exact: [P] the exact gradient t.
        sizes: of the batches.
    """
    parameters = parameters_of(policy)
    gradients = [
        LossGradient(loss, policy, parameters, where="in the report", allow_nan=True) for loss in losses.values()
    ]
    returns = episodes.episodes.future_returns
    rounding = len(returns) * 2.0**-50 * float(returns.abs().max())  # of a gradient summed over all steps
    rows: list[FiniteBatch] = []
    for size in sizes:
        drawn, weights = enumerate_draws(episodes.probabilities, size, ordered=False)
        batches = WeightedBatches(episodes.episodes, drawn, weights)
        every = mean_gradients(gradients, batches, label=f"batches of {size} episodes")
        for name, expected in zip(losses, every, strict=True):
            if expected.undefined:
                rows.append(FiniteBatch(name, size, None, None, expected.undefined))
            else:
                rows.append(_compare(name, size, expected.mean, exact, rounding))
    return tuple(rows)


def _compare(name: str, size: int, gradient: Tensor, exact: Tensor, rounding: float) -> FiniteBatch:
    """What is smaller than its own rounding is zero, and has no direction."""
    truth, length = float(exact.norm()), float(gradient.norm())
    if truth <= rounding:
        return FiniteBatch(name, size, None, None, 0.0)
    product = float(gradient @ exact)
    error = 1 - product / (length * truth) if length > rounding else None
    return FiniteBatch(name, size, error, product / truth**2, 0.0)
