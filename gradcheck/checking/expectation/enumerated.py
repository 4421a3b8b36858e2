"""The exact expectation and variance of minus a loss's gradient, by enumerating all batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.batches import WeightedBatches
from gradcheck.tree.progress import progress

_TOGETHER = 4_096  # batches that are evaluated at once, at most
_NUMBERS = 4_000_000  # in their gradients: 32 megabytes


@final
@dataclass(frozen=True, eq=False)
class Expectation:
    """Of minus one batch's gradient X.

    Attributes:
        mean: [P] float64, E[X].
        variance: [P] float64.
        size: the largest E|X| of a coordinate; rounding errors of the mean are proportional to it.
        batches: how many different ones were enumerated.
    """

    mean: Tensor
    variance: Tensor
    size: float
    batches: int


def expectation(gradient: LossGradient, batches: Iterable[WeightedBatches], *, label: str = "batches") -> Expectation:
    """Sum over all batches their probability times X, and times (X - E[X])².

    Args:
        gradient: X of a batch.
        batches: all of them, with their probabilities.
        label: for progress.
    """
    together = max(1, min(_TOGETHER, _NUMBERS // gradient.width))
    portions = [some for weighted in batches for some in weighted.alike(together)]
    count = sum(map(len, portions))
    label = f"{count:,} {label}, in portions"
    found: list[tuple[Tensor, Tensor]] = []
    for some in progress(portions, len(portions), label):
        weights = torch.as_tensor(some.batches.weights, dtype=torch.float64)
        found.append((weights, gradient.of_alike(some)))
    mean = torch.stack([weights @ values for weights, values in found]).sum(0)
    size = torch.stack([weights @ values.abs() for weights, values in found]).sum(0)
    variance = torch.stack([weights @ (values - mean) ** 2 for weights, values in found]).sum(0)
    return Expectation(mean, variance, float(size.max()), count)
