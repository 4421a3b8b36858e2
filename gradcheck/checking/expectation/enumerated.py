"""The exact expectation and variance of minus a loss's gradient, by enumerating all batches."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from gradcheck.checking.budgets import MOST_NUMBERS_TOGETHER, MOST_TOGETHER
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.batches import WeightedBatches
from gradcheck.tree.progress import progress


def expectation(
    gradient: LossGradient, batches: Iterable[WeightedBatches], *, label: str = "batches"
) -> GradientEstimate:
    """Sum over all batches their probability times X, and times (X - E[X])².

    Args:
        gradient: X of a batch.
        batches: all of them, with their probabilities.
        label: for progress.
    """
    together = max(1, min(MOST_TOGETHER, MOST_NUMBERS_TOGETHER // gradient.width))
    portions = [portion for weighted in batches for portion in weighted.alike(together)]
    count = sum(map(len, portions))
    label = f"{count:,} {label}, in portions"
    weighted_gradients: list[tuple[Tensor, Tensor]] = []
    for portion in progress(portions, len(portions), label):
        weights = torch.as_tensor(portion.batches.weights, dtype=torch.float64)
        weighted_gradients.append((weights, gradient.of_alike(portion)))
    mean = torch.stack([weights @ values for weights, values in weighted_gradients]).sum(0)
    size = torch.stack([weights @ values.abs() for weights, values in weighted_gradients]).sum(0)
    variance = torch.stack([weights @ (values - mean) ** 2 for weights, values in weighted_gradients]).sum(0)
    return GradientEstimate(mean, variance, float(size.max()), count)
