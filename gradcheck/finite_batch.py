"""What a loss's gradient is on average at a finite batch size: exactly, by enumerating all batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import final

import torch
from torch import Tensor, nn

from estimators.averages import over_steps
from estimators.collecting import AllEpisodes, all_batches, num_batches
from estimators.log_probability import log_prob
from estimators.losses import Loss
from estimators.weights import Weights, future_returns, normalised
from gradcheck.estimates import flat_gradient
from tree.progress import progress


def habits(weights: Weights = future_returns) -> dict[str, Loss]:
    """The losses that keep the direction, in general, only in the limit of large batches.

    Args:
        weights: what is normalised, or averaged over steps.
    """
    by_batch = partial(normalised, of=weights)
    return {
        "mean_over_steps": partial(log_prob, weights=weights, average=over_steps),
        "normalised": partial(log_prob, weights=by_batch),
        "normalised_mean_over_steps": partial(log_prob, weights=by_batch, average=over_steps),
    }


#: The habits in an undiscounted game.
HABITS: Mapping[str, Loss] = habits()


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
    return tuple(found for size in sizes for found in _at_size(losses, policy, episodes, exact, size))


def _at_size(
    losses: Mapping[str, Loss], policy: nn.Module, episodes: AllEpisodes, exact: Tensor, size: int
) -> Iterator[FiniteBatch]:
    expected = {name: torch.zeros((), dtype=exact.dtype) for name in losses}
    undefined = dict.fromkeys(losses, 0.0)
    batches = all_batches(episodes.probabilities, size)
    for chosen, probability in progress(batches, num_batches(episodes.count, size), f"batches of {size} episodes"):
        batch = episodes.episodes.select(chosen)
        for name, loss in losses.items():
            value = loss(policy, batch)
            if value.isfinite():
                expected[name] = expected[name] + probability * value
            else:
                undefined[name] += probability
    # The gradient of the expectation of the loss's value is the expectation of its gradient: batches are weighted with
    # numbers. One backward pass does for all of them.
    returns = episodes.episodes.future_returns
    rounding = len(returns) * 2.0**-50 * float(returns.abs().max())  # of a gradient summed over all steps
    for name, value in expected.items():
        if undefined[name]:
            yield FiniteBatch(name, size, None, None, undefined[name])
        else:
            yield _compare(name, size, flat_gradient(value, policy), exact, rounding)


def _compare(name: str, size: int, gradient: Tensor, exact: Tensor, rounding: float) -> FiniteBatch:
    """What is smaller than its own rounding is zero, and has no direction."""
    truth, found = float(exact.norm()), float(gradient.norm())
    if truth <= rounding:
        return FiniteBatch(name, size, None, None, 0.0)
    product = float(gradient @ exact)
    error = 1 - product / (found * truth) if found > rounding else None
    return FiniteBatch(name, size, error, product / truth**2, 0.0)
