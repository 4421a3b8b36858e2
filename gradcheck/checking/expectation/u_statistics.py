"""Losses that are sums over single episodes, or over pairs: known at any batch size from the smallest batches."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.budgets import STRUCTURE_TRIALS
from gradcheck.checking.estimate import GradientEstimate, length
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.precision import watched_where_unsure
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.tolerances import Tolerances
from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.collectors.complete_episodes import CompleteEpisodes
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.progress import progress


def expectation_by_structure(
    gradient: LossGradient, collector: AbstractCollector, size: int, most: int
) -> GradientEstimate | None:
    r"""The expectation at a batch size whose batches are too many, or None where the loss has no such structure.

    A loss is additive if the gradient of a batch is a constant times the sum of those of its episodes by themselves,
    and pairwise if it is a constant times the mean of those of its pairs. Then, with h of a pair of independent
    episodes, the gradient of N is a U-statistic (Hoeffding 1948, *A class of statistics with asymptotically normal
    distribution*, equation 5.13):

    .. math:: Var = \alpha^2 \frac{2}{N (N-1)} \left( 2 (N-2) \, Var E[h | first] + Var\, h \right)

    The structure is tried on batches, not assumed; a loss that departs from it on none of those tried passes for it.

    Args:
        gradient: minus that of a batch.
        collector: of complete episodes.
        size: N.
        most: batches that may be evaluated.
    """
    if not isinstance(collector, CompleteEpisodes):
        return None
    count = collector.all_episodes.count
    numbers = np.random.default_rng(0)
    p = collector.all_episodes.probabilities / collector.all_episodes.probabilities.sum()
    unlike = [numbers.choice(count, size=size, replace=count < size) for _ in range(STRUCTURE_TRIALS)]
    likely = list(numbers.choice(count, size=(STRUCTURE_TRIALS, size), p=p))
    alike = [np.full(size, number) for number in np.argsort(-p)[:STRUCTURE_TRIALS]]
    rows = np.array([*unlike, *likely, *alike])
    whole = gradient.of_each(_batches_of(collector, rows))
    if count <= most and (found := _by_episodes(gradient, collector, rows, whole)) is not None:
        return found
    pairs = count * (count + 1) // 2
    if size > 2 and pairs <= most:
        return _by_pairs(gradient, collector, rows, whole)
    return None


def _by_episodes(
    gradient: LossGradient, collector: CompleteEpisodes, rows: np.ndarray, whole: Tensor
) -> GradientEstimate | None:
    size, count = rows.shape[1], collector.all_episodes.count
    p = torch.as_tensor(collector.all_episodes.probabilities)
    try:
        with watched_where_unsure(gradient):
            alone = gradient.of_each(_batches_of(collector, np.arange(count)[:, None]), label="episodes")
    except (LossFailed, InvalidArgument):  # a loss may need more than one
        return None
    factor = _constant(whole, alone[rows].sum(dim=1), gradient.tolerances)
    if factor is None:
        return None
    mean = p @ alone
    variance = factor**2 * size * (p @ (alone - mean) ** 2)
    term_size, largest = float((p @ alone.abs()).max()), length(alone.abs().amax(0))
    times = abs(factor) * size
    return GradientEstimate(factor * size * mean, variance, times * term_size, count, largest=times * largest)


def _by_pairs(
    gradient: LossGradient, collector: CompleteEpisodes, rows: np.ndarray, whole: Tensor
) -> GradientEstimate | None:
    size, count = rows.shape[1], collector.all_episodes.count
    first, second = np.triu_indices(size, 1)
    wanted = sorted({tuple(sorted(pair)) for row in rows for pair in zip(row[first], row[second], strict=True)})
    number = {pair: i for i, pair in enumerate(wanted)}
    some = gradient.of_each(_batches_of(collector, np.array(wanted)))
    index = [[number[tuple(sorted(pair))] for pair in zip(row[first], row[second], strict=True)] for row in rows]
    factor = _constant(whole, some[torch.as_tensor(index)].mean(dim=1), gradient.tolerances)
    if factor is None:
        return None
    (batches,) = collector.batches(2, ordered=False)
    portions = list(batches.alike(4096))
    pair_of = np.concatenate([portion.batches.chosen for portion in progress(portions, len(portions), "pairs")])
    with watched_where_unsure(gradient):
        values = torch.cat([gradient.of_alike(portion) for portion in portions])
    weights = torch.as_tensor(np.concatenate([portion.batches.weights for portion in portions]))
    mean = weights @ values
    # E[h | first]: each unordered pair counts for both of its members.
    given_first = torch.zeros(count, values.shape[1], dtype=torch.float64)
    p = torch.as_tensor(collector.all_episodes.probabilities)
    one, other = (torch.as_tensor(pair_of[:, place]) for place in (0, 1))
    given_first.index_add_(0, one, p[other][:, None] * values)
    apart = one != other
    given_first.index_add_(0, other[apart], p[one[apart]][:, None] * values[apart])
    of_first = p @ (given_first - mean) ** 2
    variance = 2 / (size * (size - 1)) * (2 * (size - 2) * of_first + weights @ (values - mean) ** 2)
    term_size = abs(factor) * float((weights @ values.abs()).max())
    largest = abs(factor) * length(values.abs().amax(0))
    return GradientEstimate(factor * mean, factor**2 * variance, term_size, len(values), largest=largest)


def _batches_of(collector: CompleteEpisodes, rows: np.ndarray) -> WeightedBatches:
    return WeightedBatches(collector.all_episodes.episodes, rows, np.zeros(len(rows)))


def _constant(whole: Tensor, parts: Tensor, tolerances: Tolerances) -> float | None:
    """The one number by which all of ``parts`` must be multiplied to give ``whole``; None if there is none."""
    largest, size = float(parts.abs().max()), float(whole.abs().max())
    if not (0 < largest < math.inf and size < math.inf):
        return None
    parts = parts / largest  # their squares may overflow
    factor = float((whole * parts).sum()) / float((parts * parts).sum())
    same = float((whole - factor * parts).abs().max()) <= tolerances.repetition * size
    return factor / largest if same else None
