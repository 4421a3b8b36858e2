"""Minus a loss's gradient, exactly, by enumerating all batches: its expectation and variance, or the former alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from gradcheck.checking.estimate import GradientEstimate, MeanGradient, length
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.precision import watched_where_unsure
from gradcheck.estimators.batches import AlikeBatches, WeightedBatches
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
    return expectation_of(evaluated(gradient, batches, label=label))


def evaluated(
    gradient: LossGradient, batches: Iterable[WeightedBatches], *, label: str = "batches"
) -> list[tuple[AlikeBatches, Tensor]]:
    """All batches in portions, with X [B, P] on each; the arguments are those of ``expectation``."""
    most = gradient.most_together
    portions = [portion for weighted in batches for portion in weighted.alike(most, one_layout=False)]
    count = sum(map(len, portions))
    shown = progress(portions, len(portions), f"{count:,} {label}, in portions")
    with watched_where_unsure(gradient):
        return [pair for portion in shown for pair in gradient.of_portions(portion)]


def expectation_of(found: Sequence[tuple[AlikeBatches, Tensor]]) -> GradientEstimate:
    """The same from what was evaluated."""
    count = sum(len(portion) for portion, _ in found)
    weighted_gradients = [(_weights(portion), values) for portion, values in found]
    mean = torch.stack([weights @ values for weights, values in weighted_gradients]).sum(0)
    size = torch.stack([weights @ values.abs() for weights, values in weighted_gradients]).sum(0)
    largest = torch.stack([values.abs().amax(0) for _, values in weighted_gradients]).amax(0)
    variance = torch.stack([weights @ (values - mean) ** 2 for weights, values in weighted_gradients]).sum(0)
    return GradientEstimate(mean, variance, float(size.max()), count, largest=length(largest))


def mean_gradients(
    gradients: Sequence[LossGradient], batches: WeightedBatches, *, label: str = "batches"
) -> tuple[MeanGradient, ...]:
    """Sum over all batches their probability times X, for several losses and without the variance, in a shorter time.

    E[∇L] = ∇ E[L]: the values of all batches are summed with their probabilities, and one backward pass does for all.
    Batches whose values cannot be summed so are differentiated one by one; see ``LossGradient.values_of_alike``.

    Args:
        gradients: X of a batch, for each loss; NaN should be allowed.
        batches: all of them, with their probabilities. They are laid out once for all losses; those of equally many
            steps are evaluated at once, whatever the lengths of their episodes.
        label: for progress.
    """
    most = min(gradient.most_together for gradient in gradients)
    portions = list(batches.alike(most, one_layout=False))
    label = f"{len(batches):,} {label}, in portions"
    return tuple(_mean_gradient(gradient, progress(portions, len(portions), label)) for gradient in gradients)


def _mean_gradient(gradient: LossGradient, portions: Iterable[AlikeBatches]) -> MeanGradient:
    summed: list[AlikeBatches] = []
    value = torch.zeros((), dtype=torch.float64)
    apart: list[tuple[Tensor, Tensor]] = []
    for portion in portions:
        values = gradient.values_of_alike(portion)
        if values is None:
            apart.append((_weights(portion), gradient.of_alike(portion)))
        else:
            summed.append(portion)
            value = value + _weights(portion) @ values
    mean = gradient.of_sum(value)
    if not mean.isfinite().all():  # a finite value may have a gradient that is not: on which batches?
        apart += [(_weights(portion), gradient.of_alike(portion)) for portion in summed]
        mean = torch.zeros_like(mean)
    for weights, found in apart:
        mean = mean + weights @ found
    undefined = sum(float(weights[~found.isfinite().all(dim=1)].sum()) for weights, found in apart)
    return MeanGradient(mean, undefined)


def _weights(portion: AlikeBatches) -> Tensor:
    """[B] the probabilities of the batches."""
    return torch.as_tensor(portion.batches.weights, dtype=torch.float64)
