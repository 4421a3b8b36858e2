"""The exact expectation and variance of minus a loss's gradient, by enumerating all batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    return expectations([gradient], batches, label=label)[0]


def expectations(
    gradients: Sequence[LossGradient],
    batches: Iterable[WeightedBatches],
    *,
    label: str = "batches",
    one_layout: bool = True,
) -> tuple[GradientEstimate, ...]:
    """The expectations of several losses' gradients over the same batches, which are laid out once for all of them.

    Args:
        gradients: X of a batch, for each loss.
        batches: all of them, with their probabilities.
        label: for progress.
        one_layout: whether batches that are evaluated at once have one layout; see ``WeightedBatches.alike``.
    """
    together = max(1, min(MOST_TOGETHER, MOST_NUMBERS_TOGETHER // max(gradient.width for gradient in gradients)))
    portions = [portion for weighted in batches for portion in weighted.alike(together, one_layout=one_layout)]
    count = sum(map(len, portions))
    label = f"{count:,} {label}, in portions"
    of_losses: list[list[tuple[Tensor, Tensor]]] = [[] for _ in gradients]
    for portion in progress(portions, len(portions), label):
        weights = torch.as_tensor(portion.batches.weights, dtype=torch.float64)
        for gradient, of_loss in zip(gradients, of_losses, strict=True):
            of_loss.append((weights, gradient.of_alike(portion)))
    return tuple(_estimate(of_loss, count) for of_loss in of_losses)


def _estimate(weighted_gradients: Sequence[tuple[Tensor, Tensor]], count: int) -> GradientEstimate:
    """From the probabilities [B] and gradients [B, P] of each portion."""
    mean = torch.stack([weights @ values for weights, values in weighted_gradients]).sum(0)
    size = torch.stack([weights @ values.abs() for weights, values in weighted_gradients]).sum(0)
    variance = torch.stack([weights @ (values - mean) ** 2 for weights, values in weighted_gradients]).sum(0)
    undefined = sum(float(weights[~values.isfinite().all(dim=1)].sum()) for weights, values in weighted_gradients)
    return GradientEstimate(mean, variance, float(size.max()), count, undefined=undefined)
