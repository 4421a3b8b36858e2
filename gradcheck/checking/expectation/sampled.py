"""A verdict from sampled batches, where they cannot be enumerated: wrong with a probability that is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import TypeAlias, final

import numpy as np
import torch
from numpy.typing import NDArray

from gradcheck.checking.comparison import Comparison, Reference, compare
from gradcheck.checking.conditions.base import MICRO
from gradcheck.checking.expectation.betting_test import Decision, decide
from gradcheck.checking.expectation.enumerated import Expectation
from gradcheck.checking.expectation.examination import Examination, Observed
from gradcheck.checking.expectation.randomness import kept_generators
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import invalid
from gradcheck.tree.progress import progress

Floats: TypeAlias = NDArray[np.float64]

FALSE_ALARM = 1e-6  # the probability that a right loss is called wrong, over all that is tried
CONFIDENCE = 1 - 1e-3  # that what is called right is within the tolerance
TOLERANCE = 0.1  # of the largest coordinate of the true gradient
_PILOT = 64
_MOST_UNITS = 200_000  # different groups that are listed
_WIDENED = 4  # times; each time the range of a gradient turned out to be too narrow


def sampled(examination: Examination, size: int, draws: int, *, seed: int, tests: int) -> Observed:
    """Sample batches until the mean of the loss's gradient is shown to be the true one, or not to be.

    Reference: Waudby-Smith & Ramdas (2024), *Estimating means of bounded random variables by betting*; see
    ``betting_test``. The range of the gradient is probed in a pilot and on batches that are all alike, and doubled;
    a draw beyond it is noticed, and the test begun anew with a wider one. That is the one assumption: where a gradient
    beyond that range is so rare that it was never met, the mean may be called wrong that it would make right.

    Args:
        examination: of a loss that must be sampled.
        size: of the batches.
        draws: the most that are evaluated, in each of two tests: exact, and proportional.
        seed: of all that is random, the loss's own numbers included.
        tests: how many settings share the probability of a false alarm.

    Raises:
        InvalidArgument: if batches cannot be sampled under the condition.
    """
    condition = examination.setting.condition.name
    if examination.collector.num_units(size, ordered=True) > _MOST_UNITS:
        raise invalid(f"at most {_MOST_UNITS:,} different groups", "batch", size, "Give smaller groups.")
    units = examination.collector.units(size, ordered=True)
    if units is None or condition == MICRO:
        hint = "Complete episodes and groups can be."
        raise invalid("a condition whose batches can be sampled", "conditions", condition, hint)
    draw = _Draws(examination, size, seed, f"batches sampled {examination.setting.where}")
    with kept_generators(seed):
        pilot = np.concatenate([draw(_PILOT), draw.all_alike(units[0][:_PILOT])])
        references = examination.references(size)
        level = FALSE_ALARM / (tests * len(references))
        every = [_compare(draw, reference, pilot, draws, level) for reference in references]
    seen = np.array(draw.seen)
    spread = float(np.abs(seen).mean(axis=0).max())
    mean, variance = torch.as_tensor(seen.mean(axis=0)), torch.as_tensor(seen.var(axis=0))
    examination.take(size, Expectation(mean, variance, spread, len(seen)))
    return Observed(examination, size, best_of(every), exact=False)


def best_of(every: Sequence[Comparison]) -> Comparison:
    """The best of the comparisons, of which one suffices: while one is undecided, another that fails proves nothing."""
    order = [Verdict.UNBIASED, Verdict.PROPORTIONAL, Verdict.CONSISTENT, Verdict.INCONCLUSIVE, Verdict.BIASED]
    return min(every, key=lambda one: order.index(one.verdict))


@final
class _Draws:
    """n → [n, P] minus the gradients on n independent batches; all of them are kept."""

    def __init__(self, examination: Examination, size: int, seed: int, label: str) -> None:
        self._examination, self._size = examination, size
        self._numbers = np.random.default_rng(seed)
        self._bar = progress(count(), None, label)
        self.seen: list[Floats] = []

    def __call__(self, number: int) -> Floats:
        batches = self._examination.collector.sampled(self._size, number, self._numbers)
        found = [self._gradient(batches[row]) for row in range(number)]
        self.seen.extend(found)
        return np.array(found)

    def all_alike(self, units: NDArray[np.int64]) -> Floats:
        """[U, P] on batches of one unit over and over, where gradients are largest."""
        collector = self._examination.collector
        rows = np.array([np.tile(unit, self._size // len(unit)) for unit in units])
        like = collector.sampled(self._size, 1, self._numbers)
        batches = replace(like, chosen=rows, weights=np.zeros(len(rows)))
        return np.array([self._gradient(batches[row]) for row in range(len(rows))])

    @property
    def largest_return(self) -> float:
        """In absolute value."""
        return self._examination.largest_return

    def _gradient(self, batch: Episodes) -> Floats:
        next(self._bar)
        return self._examination.gradient.of(batch).numpy()


def _compare(draw: _Draws, reference: Reference, pilot: Floats, draws: int, level: float) -> Comparison:
    truth = reference.gradient.numpy()
    exact, scale = _decide(draw, truth, pilot, draws, level / 2, proportional=False)
    verdict = {"equivalent": Verdict.UNBIASED, "reject": Verdict.BIASED}.get(exact, Verdict.INCONCLUSIVE)
    if exact == "reject" and truth.any():
        parallel, scale = _decide(draw, truth, pilot, draws, level / 2, proportional=True)
        verdict = {"equivalent": Verdict.PROPORTIONAL, "reject": Verdict.BIASED}.get(parallel, Verdict.INCONCLUSIVE)
    mean = torch.as_tensor(np.mean(draw.seen, axis=0))
    measured = compare(mean, float(mean.abs().max()), [reference], coarse=False, returns=draw.largest_return)
    return replace(measured, verdict=verdict, scale=scale if verdict is Verdict.PROPORTIONAL else measured.scale)


def _decide(
    draw: _Draws, truth: Floats, pilot: Floats, draws: int, level: float, *, proportional: bool
) -> tuple[Decision, float]:
    """With ranges that are widened where they were too narrow; half of what is left of the level is spent each time."""
    low, high = pilot.min(axis=0), pilot.max(axis=0)
    alpha, left, scale = level / 2, draws, float("nan")
    for _ in range(_WIDENED):
        middle, half = (low + high) / 2, (high - low) / 2
        bounds = middle - 2 * half, middle + 2 * half
        found = decide(
            draw,
            truth,
            variance=pilot.var(axis=0),
            bounds=bounds,
            proportional=proportional,
            alpha=alpha,
            alpha_equivalent=1 - CONFIDENCE,
            tolerance=TOLERANCE,
            max_draws=left,
        )
        left, scale = left - found.draws, found.scale
        if found.decision != "out_of_range" or left <= 0:
            return ("undecided" if found.decision == "out_of_range" else found.decision), scale
        low, high, alpha = np.minimum(low, found.low), np.maximum(high, found.high), alpha / 2
    return "undecided", scale
