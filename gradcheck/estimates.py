"""Sampled estimates of a gradient beside its exact value, with standard errors and sound bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estimators.collecting import AllEpisodes
from estimators.episodes import Episodes
from estimators.losses import Loss, check_value
from gradcheck.statistics import bernstein_bound
from tree.progress import progress


@final
@dataclass(frozen=True)
class Estimate:
    """One coordinate of an estimated gradient.

    Attributes:
        exact: what it should be.
        expectation: what it is on average over all episodes, by enumeration.
        mean: what was sampled.
        standard_error: of the mean, from the sample; None for a single episode.
        bound: how far from ``exact`` the mean may lie (see ``false_alarm`` of ``estimate``).
        rounding: how far from ``exact`` the expectation may lie.
    """

    exact: float
    expectation: float
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
    def unbiased(self) -> bool:
        """Whether the expectation is the exact value, up to rounding."""
        return abs(self.expectation - self.exact) <= self.rounding

    @property
    def within_bound(self) -> bool:
        """Whether the mean is within its bound of the exact value."""
        return abs(self.mean - self.exact) <= self.bound

    @property
    def agrees(self) -> bool:
        """Whether it is unbiased, and the mean within its bound."""
        return self.unbiased and self.within_bound


def estimate(
    loss: Loss,
    policy: nn.Module,
    episodes: AllEpisodes,
    counts: NDArray[np.int64],
    exact: NDArray[np.float64],
    *,
    false_alarm: float,
) -> tuple[Estimate, ...]:
    """Estimate the gradient in the policy's parameters from sampled episodes, and hold it against the exact one.

    Args:
        loss: a mean over episodes, so that the gradient of a batch is the mean of its episodes' gradients.
        policy: gives P parameters in all.
        episodes: the K possible episodes.
        counts: [K] how often each was sampled.
        exact: [P] the exact gradient.
        false_alarm: the probability that a right estimate is out of bounds in one coordinate or more, P together.
    """
    gradients = episode_gradients(loss, policy, episodes.episodes)
    size = int(counts.sum())
    mean = counts @ gradients / size
    squares = counts @ (gradients - mean) ** 2
    errors = np.sqrt(squares / (size - 1) / size) if size > 1 else None
    expectation = episodes.probabilities @ gradients
    away = gradients - expectation
    variance = episodes.probabilities @ away**2
    bound = bernstein_bound(variance, np.abs(away).max(axis=0), size, false_alarm / len(exact))
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


def episode_gradients(loss: Loss, policy: nn.Module, episodes: Episodes) -> NDArray[np.float64]:
    """[K, P] minus the gradient of the loss on each episode by itself: an ascent direction."""
    rows = [
        flat_gradient(loss(policy, episodes.select([k])), policy)
        for k in progress(range(episodes.num_episodes), episodes.num_episodes, "gradients of single episodes")
    ]
    return torch.stack(rows).double().cpu().numpy()


def flat_gradient(value: Tensor, policy: nn.Module) -> Tensor:
    """[P] minus the gradient of a loss's value in all parameters of the policy, one after another."""
    parameters = list(policy.parameters())
    gradients = torch.autograd.grad(check_value(value), parameters, allow_unused=True, materialize_grads=True)
    return -torch.cat([gradient.reshape(-1) for gradient in gradients])
