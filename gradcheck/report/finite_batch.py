"""What a loss's gradient is on average at a finite batch size: exactly, by enumerating all batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.estimators.averages import over_steps
from gradcheck.estimators.episode_list import AllEpisodes, Batches, all_batches, num_batches
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.gradients import flat_gradient, parameters_of
from gradcheck.estimators.policy_gradients import Loss, check_value, log_prob
from gradcheck.estimators.weights import Weights, future_returns, normalised
from gradcheck.tree.progress import progress

_TOGETHER = 4_096  # batches that are evaluated at once: a few megabytes


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
    found: list[int] = []
    left = max_steps
    for size in sizes:
        left -= num_batches(count, size) * size * longest
        if left < 0:
            break
        found.append(size)
    return found


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
    values = {name: _Values(loss, policy, episodes.episodes) for name, loss in losses.items()}
    lengths = episodes.episodes.lengths.numpy()
    every = all_batches(episodes.probabilities, size)
    batches = progress(every, num_batches(episodes.count, size), f"batches of {size} episodes")
    while some := list(islice(batches, _TOGETHER)):
        chosen, weights = (np.array(column) for column in zip(*some, strict=True))
        steps = lengths[chosen].sum(axis=1)
        for number in np.unique(steps):
            alike = Batches(episodes.episodes, chosen[steps == number])
            weight = torch.as_tensor(weights[steps == number], dtype=exact.dtype)
            for name, of_batches in values.items():
                found = of_batches(alike)
                finite = found.isfinite()
                expected[name] = expected[name] + (weight[finite] * found[finite]).sum()
                undefined[name] += float(weight[~finite].sum())
    # The gradient of the expectation of the loss's value is the expectation of its gradient: batches are weighted with
    # numbers. One backward pass does for all of them.
    returns = episodes.episodes.future_returns
    rounding = len(returns) * 2.0**-50 * float(returns.abs().max())  # of a gradient summed over all steps
    for name, value in expected.items():
        if undefined[name]:
            yield FiniteBatch(name, size, None, None, undefined[name])
        else:
            yield _compare(name, size, -flat_gradient(check_value(value), parameters_of(policy)), exact, rounding)


def _compare(name: str, size: int, gradient: Tensor, exact: Tensor, rounding: float) -> FiniteBatch:
    """What is smaller than its own rounding is zero, and has no direction."""
    truth, found = float(exact.norm()), float(gradient.norm())
    if truth <= rounding:
        return FiniteBatch(name, size, None, None, 0.0)
    product = float(gradient @ exact)
    error = 1 - product / (found * truth) if found > rounding else None
    return FiniteBatch(name, size, error, product / truth**2, 0.0)


@final
class _Values:
    """The values of one loss on many batches at once.

    The policy is asked once what it does at every observation. A loss that cannot be vectorised over batches (it asks
    for ``.item()``, say, or for the policy's parameters) sees one after another.
    """

    def __init__(self, loss: Loss, policy: nn.Module, episodes: Episodes) -> None:
        self._loss, self._policy, self._answers = loss, policy, policy(episodes.observations)
        self._discount = episodes.discount

    def __call__(self, batches: Batches) -> Tensor:
        """[B] the values on the batches."""
        try:
            together = torch.vmap(self._on_one)(batches.steps, batches.parts)
        except Exception:  # the usual way will tell what is wrong, if anything is
            together = torch.empty(0)
        if together.shape == (len(batches.chosen),):
            return together
        return torch.stack([self._loss(self._policy, batches.episodes.select(chosen)) for chosen in batches.chosen])

    def _on_one(self, steps: Tensor, parts: dict[str, Tensor]) -> Tensor:
        batch = Episodes(**parts, num_episodes=parts["lengths"].shape[0], discount=self._discount)

        def answer(observations: Tensor) -> Tensor:
            if observations is not batch.observations:
                raise LookupError("The loss asks about something else.")
            return self._answers[steps]

        return self._loss(answer, batch)
