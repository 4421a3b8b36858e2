"""Whether a loss depends on the order of what is drawn independently: tried, not assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.budgets import ORDER_TRIALS
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.batches import AlikeBatches, WeightedBatches
from gradcheck.estimators.collectors.base import IndependentUnits

_AT_A_TIME = 16  # batches that are evaluated one by one: few of them may show it


def order_shows_on_trials(
    gradient: LossGradient, collector: IndependentUnits, size: int, numbers: np.random.Generator
) -> bool:
    """Whether some batch has another gradient in another order; a few dozen batches are tried, each in two orders.

    Args:
        gradient: of single batches.
        collector: that knows what is drawn independently.
        size: of a batch.
        numbers: that decide what is tried.
    """
    if size == 1:
        return False
    pairs = [(one, collector.shuffled(one, numbers)) for one in collector.order_probes(size, ORDER_TRIALS, numbers)]
    tried = [pair for pair in pairs if (pair[0].chosen != pair[1].chosen).any()]
    if not gradient.vectorised:
        return any(not gradient.same(*(gradient.of(batches[0]) for batches in pair)) for pair in tried)
    if not tried:
        return False
    in_order, shuffled = (
        gradient.of_each(replace(some[0], chosen=np.concatenate([one.chosen for one in some])))
        for some in zip(*tried, strict=True)
    )
    return not gradient.same(in_order, shuffled)


def order_shows_on_multisets(
    gradient: LossGradient, collector: IndependentUnits, size: int, most: int, numbers: np.random.Generator
) -> bool:
    """The same where multisets are to be enumerated, each in one order that stands for all: is it the same in others?

    Each multiset is tried back to front and in two orders of its own, or in one where batches are evaluated one by one.
    Pairs have no others, so that nothing is missed in batches of two; in larger ones, an effect that shows in few of
    the orders of few multisets. Where there are more multisets than are tried, those are drawn by their probability: if
    the order of a pair that has the probability q matters, that stays unseen with the probability (1 - q)ⁿ after n of
    them: 2e-9 for a thousandth, after 20,000.

    Args:
        gradient: of single batches.
        collector: that knows what is drawn independently.
        size: of a batch.
        most: how many are tried at most.
        numbers: that decide what is tried.
    """
    if collector.count(size, ordered=False) <= most:
        (tried,) = collector.batches(size, ordered=False)
    else:
        tried = _in_listed_order(collector.sampled(size, most, numbers), collector.num_draws(size))
    step = max(1, gradient.most_together // 4) if gradient.vectorised else _AT_A_TIME
    chunks = (tried.chosen[start : start + step] for start in range(0, len(tried), step))
    return any(_order_shows(gradient, replace(tried, chosen=chunk), collector, numbers) for chunk in chunks)


def _order_shows(
    gradient: LossGradient, batches: WeightedBatches, collector: IndependentUnits, numbers: np.random.Generator
) -> bool:
    """All of them and their other orders at once: those of one batch have equally many steps."""
    listed = batches.chosen
    others = collector.reordered(listed, listed.shape[1], numbers, times=2 if gradient.vectorised else 1)
    found = gradient.of_each(replace(batches, chosen=np.concatenate([listed, *others])))
    return not gradient.same(found, found[: len(listed)].repeat(1 + len(others), 1))


def order_shows_on_sequences(
    gradient: LossGradient, found: Sequence[tuple[AlikeBatches, Tensor]], collector: IndependentUnits, size: int
) -> bool:
    """The same where all sequences were evaluated: then it is known.

    Args:
        gradient: of single batches.
        found: all of them, with the gradients.
        collector: that knows what is drawn independently.
        size: of a batch.
    """
    gradients = torch.cat([values for _, values in found])
    whole = replace(found[0][0].batches, chosen=np.concatenate([portion.batches.chosen for portion, _ in found]))
    listed = _in_listed_order(whole, collector.num_draws(size)).chosen
    _, first, which = np.unique(listed, axis=0, return_index=True, return_inverse=True)
    return not gradient.same(gradients, gradients[torch.as_tensor(first[which.ravel()])])


def _in_listed_order(batches: WeightedBatches, units: int) -> WeightedBatches:
    """The episodes of each unit, and then the units, as multisets list them: so that few layouts are left."""
    chosen = np.sort(batches.chosen.reshape(len(batches), units, -1), axis=2)
    by_first = np.argsort(chosen[:, :, 0], axis=1, kind="stable")
    return replace(batches, chosen=np.take_along_axis(chosen, by_first[:, :, None], axis=1).reshape(len(batches), -1))
