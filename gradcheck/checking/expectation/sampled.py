"""A verdict from sampled batches, where they cannot be enumerated: wrong with a probability that is bounded."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import final

import numpy as np
import torch

from gradcheck.checking.budgets import MOST_UNITS_SAMPLED, PILOT, WIDENED
from gradcheck.checking.comparison import Comparison, best_comparison, compare
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.expectation.audit import is_random
from gradcheck.checking.expectation.betting_test import Decision, decide
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.randomness import kept_generators
from gradcheck.checking.tolerances import CONFIDENCE, FALSE_ALARM, FLOAT64, SAMPLED_TOLERANCE
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.collectors.base import IndependentUnits
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument, invalid
from gradcheck.tree.progress import progress
from gradcheck.tree.types import Floats, Integers


def must_be_sampled(expected: ExpectedGradient, max_batches: int) -> bool:
    """Whether the expectation cannot be enumerated: the loss draws random numbers, or the batches are too many."""
    if not isinstance(expected.case.collector, IndependentUnits) and expected.count(expected.size) > max_batches:
        return True  # which is refused then: one of them cannot be drawn without listing all
    if is_random(expected.gradient, expected.random_batch()):
        return True
    if expected.count(expected.size) <= max_batches:
        return False
    try:
        expected.whole(expected.size)  # its structure may make the batches fewer
    except InvalidArgument:
        return True
    return False


def sampled(
    expected: ExpectedGradient, draws: int, *, seed: int, num_cases: int
) -> tuple[GradientEstimate, Comparison]:
    """Sample batches until the mean of the loss's gradient is shown to be the true one, or not to be.

    The range of the gradient is probed in a pilot and on batches that are all alike, and doubled; a draw beyond it is
    noticed, and the test begun anew with a wider one. That is the one assumption: where a gradient beyond that range is
    so rare that it was never met, the mean may be called wrong that it would make right.

    Args:
        expected: of a loss that must be sampled.
        draws: the most that are evaluated, in each of two tests: exact, and proportional.
        seed: of all that is random, the loss's own numbers included.
        num_cases: that share the probability of a false alarm.

    Raises:
        InvalidArgument: if batches cannot be sampled under the condition.

    Reference:
        Waudby-Smith & Ramdas (2024), *Estimating means of bounded random variables by betting*; see ``betting_test``.
    """
    case, collector, size = expected.case, expected.case.collector, expected.size
    if isinstance(collector, IndependentUnits) and collector.num_units(size, ordered=True) > MOST_UNITS_SAMPLED:
        raise invalid(f"at most {MOST_UNITS_SAMPLED:,} different groups", "batch", size, "Give smaller groups.")
    if not isinstance(collector, IndependentUnits) or not case.condition.can_be_sampled:
        hint = "Complete episodes and groups can be."
        raise invalid("a condition whose batches can be sampled", "conditions", case.condition.name, hint)
    units, _ = collector.units(size, ordered=True)
    draw = _Draws(expected, collector, seed, f"batches sampled {case.where}")
    with kept_generators(seed):
        pilot = np.concatenate([draw(PILOT), draw.all_alike(units[:PILOT])])
        truths = expected.true_gradients(size)
        level = FALSE_ALARM / (num_cases * len(truths))
        comparison = best_comparison([_compare(draw, truth, pilot, draws, level) for truth in truths])
    return draw.estimate(), comparison


@final
class _Draws:
    """n → [n, P] minus the gradients on n independent batches; all of them are kept."""

    def __init__(self, expected: ExpectedGradient, collector: IndependentUnits, seed: int, label: str) -> None:
        self._expected, self._collector, self._size = expected, collector, expected.size
        self._numbers = np.random.default_rng(seed)
        self._bar = progress(count(), None, label)
        self.seen: list[Floats] = []

    def __call__(self, number: int) -> Floats:
        batches = self._collector.sampled(self._size, number, self._numbers)
        found = [self._gradient(batches[row]) for row in range(number)]
        self.seen.extend(found)
        return np.array(found)

    def all_alike(self, units: Integers) -> Floats:
        """[U, P] on batches of one unit over and over, where gradients are largest."""
        rows = np.array([np.tile(unit, self._size // len(unit)) for unit in units])
        like = self._collector.sampled(self._size, 1, self._numbers)
        batches = replace(like, chosen=rows, weights=np.zeros(len(rows)))
        return np.array([self._gradient(batches[row]) for row in range(len(rows))])

    @property
    def largest_return(self) -> float:
        """In absolute value."""
        return self._expected.case.largest_return

    def estimate(self) -> GradientEstimate:
        """Of all that was drawn."""
        seen = np.array(self.seen)
        mean, variance = torch.as_tensor(seen.mean(axis=0)), torch.as_tensor(seen.var(axis=0))
        return GradientEstimate(mean, variance, float(np.abs(seen).mean(axis=0).max()), len(seen), exact=False)

    def _gradient(self, batch: Episodes) -> Floats:
        next(self._bar)
        return self._expected.gradient.of(batch).numpy()


def _compare(draw: _Draws, truth: TrueGradient, pilot: Floats, draws: int, level: float) -> Comparison:
    t = truth.gradient.numpy()
    exact, scale = _decide(draw, t, pilot, draws, level / 2, proportional=False)
    verdict = {"equivalent": Verdict.UNBIASED, "reject": Verdict.BIASED}.get(exact, Verdict.INCONCLUSIVE)
    if exact == "reject" and t.any():
        parallel, scale = _decide(draw, t, pilot, draws, level / 2, proportional=True)
        verdict = {"equivalent": Verdict.PROPORTIONAL, "reject": Verdict.BIASED}.get(parallel, Verdict.INCONCLUSIVE)
    estimate = draw.estimate()
    measured = compare(
        replace(estimate, term_size=float(estimate.mean.abs().max())), [truth], FLOAT64, returns=draw.largest_return
    )
    return replace(measured, verdict=verdict, scale=scale if verdict is Verdict.PROPORTIONAL else measured.scale)


def _decide(
    draw: _Draws, truth: Floats, pilot: Floats, draws: int, level: float, *, proportional: bool
) -> tuple[Decision, float]:
    """With ranges that are widened where they were too narrow; half of what is left of the level is spent each time."""
    low, high = pilot.min(axis=0), pilot.max(axis=0)
    alpha, left, scale = level / 2, draws, float("nan")
    for _ in range(WIDENED):
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
            tolerance=SAMPLED_TOLERANCE,
            max_draws=left,
        )
        left, scale = left - found.draws, found.scale
        if found.decision != "out_of_range" or left <= 0:
            return ("undecided" if found.decision == "out_of_range" else found.decision), scale
        low, high, alpha = np.minimum(low, found.low), np.maximum(high, found.high), alpha / 2
    return "undecided", scale
