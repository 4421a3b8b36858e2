"""Sampled estimates of a gradient beside its exact value, with standard errors and bounds that hold at every size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import nn

from gradcheck.estimators.episode_list import AllEpisodes
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.gradients import flat_gradient, parameters_of
from gradcheck.estimators.policy_gradients import Loss, check_value
from gradcheck.tree.progress import progress
from gradcheck.tree.types import Floats, Integers
from gradcheck.tree.variance.range_bounds import EstimateBounds


@final
@dataclass(frozen=True)
class Estimate:
    """One coordinate of an estimated gradient.

    Attributes:
        exact: what it should be.
        expectation: what it is on average over all episodes, by enumeration; None where they are too many for that.
        mean: what was sampled.
        standard_error: of the mean, from the sample; None for a single episode.
        bound: how far from ``exact`` the mean may lie (see ``false_alarm`` of ``estimate``).
        rounding: how far from ``exact`` the expectation may lie.
    """

    exact: float
    expectation: float | None
    mean: float
    standard_error: float | None
    bound: float
    rounding: float

    @property
    def z(self) -> float | None:
        """(mean - exact) in standard errors; 0 where both are equal; None where there is no standard error."""
        if self.mean == self.exact:
            return 0.0
        return (self.mean - self.exact) / self.standard_error if self.standard_error else None

    @property
    def unbiased(self) -> bool | None:
        """Whether the expectation is the exact value, up to rounding; None where it is not known."""
        return None if self.expectation is None else abs(self.expectation - self.exact) <= self.rounding

    @property
    def within_bound(self) -> bool:
        """Whether the mean is within its bound of the exact value."""
        return abs(self.mean - self.exact) <= self.bound

    @property
    def agrees(self) -> bool:
        """Whether the mean is within its bound, and it is unbiased, where that is known."""
        return self.unbiased is not False and self.within_bound


def estimate(
    loss: Loss,
    policy: nn.Module,
    episodes: AllEpisodes,
    counts: Integers,
    exact: Floats,
    *,
    false_alarm: float,
) -> tuple[Estimate, ...]:
    """Estimate the gradient in the policy's parameters from sampled episodes, and compare it with the exact one.

    Args:
        loss: a mean over episodes, so that the gradient of a batch is the mean of its episodes' gradients.
        policy: gives P parameters in all.
        episodes: the K possible episodes.
        counts: [K] how often each was sampled.
        exact: [P] the exact gradient.
        false_alarm: the probability, over all P coordinates together, that a right estimate is out of its bounds.
    """
    gradients = episode_gradients(loss, policy, episodes.episodes)
    size = int(counts.sum())
    mean = counts @ gradients / size
    squares = counts @ (gradients - mean) ** 2
    errors = np.sqrt(squares / (size - 1) / size) if size > 1 else None
    expectation = episodes.probabilities @ gradients
    deviations = gradients - expectation
    variance = episodes.probabilities @ deviations**2
    bound = bernstein_bound(variance, np.abs(deviations).max(axis=0), size, false_alarm / len(exact))
    # The sums are rounded: K products, each of a probability and a gradient that went through a few dozen operations.
    rounding = 32 * (episodes.count + 1) * 2.0**-53 * np.abs(gradients).max(axis=0)
    return tuple(
        Estimate(
            exact=float(exact[i]),
            expectation=float(expectation[i]),
            mean=float(mean[i]),
            standard_error=None if errors is None else float(errors[i]),
            bound=float(bound[i] + rounding[i]),
            rounding=float(rounding[i]),
        )
        for i in range(len(exact))
    )


def estimate_in_chunks(
    losses: Mapping[str, Loss],
    policy: nn.Module,
    chunks: Iterable[Episodes],
    exact: Floats,
    spread: EstimateBounds,
    *,
    false_alarm: float,
) -> dict[str, tuple[Estimate, ...]]:
    """Estimate the gradient from episodes that come in chunks, and compare it with the exact one.

    The gradient of a mean over episodes is the mean of the chunks' gradients, each weighted with its number of
    episodes; how these scatter gives the standard error. Nothing is enumerated, so no expectation is known.

    Args:
        losses: by name, each a mean over episodes.
        policy: gives P parameters in all.
        chunks: batches of independent episodes.
        exact: [P] the exact gradient.
        spread: of one episode's estimate.
        false_alarm: the probability, over all P coordinates together, that the estimate of a right loss is out of its
            bounds.
    """
    parameters = parameters_of(policy)
    sums = {name: _RunningMean(len(exact)) for name in losses}
    steps = 0
    for chunk in chunks:
        steps = max(steps, len(chunk.actions))
        for name, loss in losses.items():
            gradient = -flat_gradient(check_value(loss(policy, chunk)), parameters)
            sums[name].add(gradient.numpy(), chunk.num_episodes)
    estimates: dict[str, tuple[Estimate, ...]] = {}
    for name, total in sums.items():
        # A chunk's terms are added up one after another, and then the chunks; the terms of one episode, and its exact
        # mean, went through a few dozen operations.
        rounding = (steps + total.chunks + 64) * 2.0**-53 * (spread.largest + np.abs(exact))
        bound = bernstein_bound(spread.variance, spread.largest, total.size, false_alarm / len(exact)) + rounding
        errors = total.standard_error
        columns = (column.tolist() for column in (exact, total.mean, bound, rounding))
        estimates[name] = tuple(
            Estimate(truth, None, mean, None if errors is None else float(errors[i]), within, rounded)
            for i, (truth, mean, within, rounded) in enumerate(zip(*columns, strict=True))
        )
    return estimates


class _RunningMean:
    """A weighted mean of vectors and its standard error, updated vector by vector without subtracting large numbers."""

    def __init__(self, width: int) -> None:
        self.mean = np.zeros(width)
        self.size = self.chunks = 0
        self._squares = np.zeros(width)

    def add(self, chunk: Floats, size: int) -> None:
        """Add the mean of so many independent episodes."""
        self.size, self.chunks = self.size + size, self.chunks + 1
        deviation = chunk - self.mean
        self.mean += deviation * (size / self.size)
        self._squares += size * deviation * (chunk - self.mean)

    @property
    def standard_error(self) -> Floats | None:
        """Of the mean: a chunk of n episodes scatters with 1/n of the variance of one."""
        return np.sqrt(self._squares / (self.chunks - 1) / self.size) if self.chunks > 1 else None


def episode_gradients(loss: Loss, policy: nn.Module, episodes: Episodes) -> Floats:
    """[K, P] minus the gradient of the loss on each episode by itself: an ascent direction."""
    parameters = parameters_of(policy)
    rows = [
        -flat_gradient(check_value(loss(policy, episodes.select([k]))), parameters)
        for k in progress(range(episodes.num_episodes), episodes.num_episodes, "gradients of single episodes")
    ]
    return torch.stack(rows).numpy()


def bernstein_bound(variance: Floats, largest: Floats, size: int, false_alarm: float) -> Floats:
    r"""Bound how far the mean of ``size`` independent draws strays from its expectation, by Bernstein's inequality.

    .. math:: P(|mean - \mu| \ge \epsilon) \le 2 \exp\frac{- n \epsilon^2}{2 \sigma^2 + \frac23 M \epsilon}

    solved for ε. Unlike "three standard errors" it needs no large sample and no normal distribution, only the
    variance and the range, which are known exactly where all episodes can be enumerated.

    Args:
        variance: [P] σ² of one draw, exact.
        largest: [P] M, the largest distance of a draw from its expectation, exact.
        size: n, the number of draws.
        false_alarm: the probability, for each of the P means by itself, that a right one exceeds its bound.

    Returns:
        [P] ε.

    Reference:
        Boucheron, Lugosi & Massart (2013), *Concentration Inequalities*, corollary 2.11 (Bernstein).
    """
    log = math.log(2 / false_alarm)
    linear = 2 / 3 * largest * log
    return (linear + np.sqrt(linear**2 + 8 * size * variance * log)) / (2 * size)
