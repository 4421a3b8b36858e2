"""A verdict from sampled batches, where they cannot be enumerated: wrong with a probability that is bounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import final

import numpy as np
import torch

from gradcheck.checking.budgets import MOST_EXTREMES, MOST_OTHERS, MOST_UNITS_SAMPLED, PILOT, WIDENED
from gradcheck.checking.comparison import Comparison, best_comparison, compare
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.expectation.audit import audited_while_random, random_sources
from gradcheck.checking.expectation.betting_test import Decision, decide
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.randomness import kept_generators
from gradcheck.checking.tolerances import (
    CONFIDENCE,
    FALSE_ALARM,
    FLOAT64,
    RANGE_TIMES,
    RANGE_TIMES_UNEXAMINED,
    SAMPLED_TOLERANCE,
    TAIL,
)
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
    return draws_numbers(expected) or are_too_many(expected, max_batches)


def are_too_many(expected: ExpectedGradient, max_batches: int) -> bool:
    """Whether the batches are, and no structure of the loss makes them fewer."""
    if expected.count(expected.size) <= max_batches:
        return False
    try:
        expected.whole(expected.size)
    except InvalidArgument:
        return True
    return False


def draws_numbers(expected: ExpectedGradient) -> bool:
    """Whether the loss draws random numbers."""
    return bool(random_sources(expected.gradient, expected.random_batch(), expected.random_batch))


def sampled(
    expected: ExpectedGradient, draws: int, *, seed: int, num_cases: int
) -> tuple[GradientEstimate, Comparison]:
    """Sample batches until the mean of the loss's gradient is shown to be the true one, or not to be.

    A mean can be told from another only within a range, and that of a gradient is not known. It is learned from a pilot
    and from batches that hold, once or over and over, each of the game's episodes or groups: all of them, or else the
    likeliest, the rarest and the most extreme. That range is widened by a factor; a draw beyond it is noticed, and the
    test begun anew. Where the range was examined so for all, this decides. Where the loss draws numbers of its own,
    or not all were examined, the tails of what was drawn must show as well that they end: a coordinate that never
    changed, or whose largest draw stands alone, refutes nothing.

    What remains is an assumption, and said to be one: a gradient that is larger than all that were met by more than
    that factor, and so rare that it never was, may be called wrong that it would make right.

    Args:
        expected: of a loss that must be sampled.
        draws: the most that are evaluated, in each of two tests: exact, and proportional.
        seed: of all that is random, the loss's own numbers included.
        num_cases: that share the probability of a false alarm.

    Raises:
        InvalidArgument: if batches cannot be sampled under the condition, or no verdict can be about the loss.

    Reference:
        Waudby-Smith & Ramdas (2024), *Estimating means of bounded random variables by betting*; see ``betting_test``.
    """
    case, collector, size = expected.case, expected.case.collector, expected.size
    if isinstance(collector, IndependentUnits) and collector.num_units(size, ordered=True) > MOST_UNITS_SAMPLED:
        raise invalid(f"at most {MOST_UNITS_SAMPLED:,} different groups", "batch", size, "Give smaller groups.")
    if not isinstance(collector, IndependentUnits) or not case.condition.can_be_sampled:
        hint = "Complete episodes and groups can be."
        raise invalid("a condition whose batches can be sampled", "conditions", case.condition.name, hint)
    is_random = draws_numbers(expected)
    with kept_generators(seed), audited_while_random(expected.gradient, expected.random_batch):
        draw = _Draws(expected, collector, seed, f"batches sampled {case.where}")
        draw(PILOT)
        extremes, covers_all = draw.extremes()
        known = _Range(extremes, is_examined=covers_all and not is_random)
        truths = expected.true_gradients(size)
        level = FALSE_ALARM / (num_cases * len(truths))
        comparison = best_comparison([_compare(draw, truth, known, draws, level) for truth in truths])
    return replace(draw.estimate(), assumption=known.assumption(is_random=is_random)), comparison


@final
@dataclass(frozen=True, eq=False)
class _Range:
    """What is known of the range of a gradient before it is tested.

    Attributes:
        extremes: [E, P] gradients on batches that were chosen, not drawn.
        is_examined: whether they hold everything that may come, so that only what comes together may be larger.
    """

    extremes: Floats
    is_examined: bool

    def bounds(self, seen: Floats) -> tuple[Floats, Floats]:
        """Below and above which no gradient lies, as is assumed."""
        rows = np.concatenate([self.extremes, seen])
        low, high = rows.min(axis=0), rows.max(axis=0)
        middle, half = (low + high) / 2, (high - low) / 2
        times = RANGE_TIMES if self.is_examined else RANGE_TIMES_UNEXAMINED
        return middle - times * half, middle + times * half

    def assumption(self, *, is_random: bool) -> str:
        """What remains to be believed."""
        if self.is_examined:
            return (
                f"no gradient lies beyond {RANGE_TIMES:g} times the range of those that were met, on batches with each "
                "of the episodes among them"
            )
        why = "the loss draws numbers of its own" if is_random else "there are too many episodes to look at each"
        return (
            f"no gradient lies beyond {RANGE_TIMES_UNEXAMINED:g} times the range of those that were met, however rare "
            f"it is: {why}, so that the range is known from draws alone"
        )

    @property
    def tail(self) -> int:
        """Draws near the largest that are needed before a rejection is believed."""
        return 0 if self.is_examined else TAIL


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

    def extremes(self) -> tuple[Floats, bool]:
        """[E, P] on batches where gradients may be largest, and whether all that there is was in one of them.

        One unit over and over, and one unit once among such as are drawn: where a baseline is made of the others, the
        one is zero, and the other is not.
        """
        units, probabilities = self._collector.units(self._size, ordered=True)
        chosen = self._most_extreme(units, probabilities)
        times = self._size // units.shape[1]
        alike = [np.tile(unit, times) for unit in units[chosen]]
        # What the others are decides how large it is there: each unit is tried with as many others as can be afforded.
        again = min(MOST_OTHERS, max(1, MOST_EXTREMES // len(chosen))) if times > 1 else 0
        among = [self._among_others(unit) for unit in units[chosen] for _ in range(again)]
        rows = np.array([*alike, *among])
        like = self._collector.sampled(self._size, 1, self._numbers)
        batches = replace(like, chosen=rows, weights=np.zeros(len(rows)))
        found = np.array([self._gradient(batches[row]) for row in range(len(rows))])
        return found, len(chosen) == len(units)

    def _among_others(self, unit: Integers) -> Integers:
        row = self._collector.sampled(self._size, 1, self._numbers).chosen[0]
        place = int(self._numbers.integers(len(row) // len(unit))) * len(unit)
        row[place : place + len(unit)] = unit
        return row

    def _most_extreme(self, units: Integers, probabilities: Floats) -> Integers:
        """Which units: all of them, or the likeliest, the rarest, and those of the largest return times score."""
        if len(units) <= MOST_EXTREMES:
            return np.arange(len(units))
        episodes = self._collector.all_episodes.episodes
        # The score of an action is at most √2 times what is missing of its probability to 1.
        size = (episodes.future_returns.abs() * (1 - episodes.log_probs.exp())).cpu().double()
        index = episodes.episode_index.cpu()
        by_episode = torch.zeros(episodes.num_episodes, dtype=torch.float64).index_add(0, index, size).numpy()
        third = MOST_EXTREMES // 3
        largest = np.argsort(-by_episode[units].sum(axis=1), kind="stable")[:third]
        by_probability = np.argsort(probabilities, kind="stable")
        return np.unique(np.concatenate([largest, by_probability[:third], by_probability[-third:]]))

    def estimate(self) -> GradientEstimate:
        """Of all that was drawn."""
        seen = np.array(self.seen)
        mean, variance = torch.as_tensor(seen.mean(axis=0)), torch.as_tensor(seen.var(axis=0))
        return GradientEstimate(mean, variance, float(np.abs(seen).mean(axis=0).max()), len(seen), exact=False)

    def _gradient(self, batch: Episodes) -> Floats:
        next(self._bar)
        return self._expected.gradient.of(batch).numpy()


def _compare(draw: _Draws, truth: TrueGradient, known: _Range, draws: int, level: float) -> Comparison:
    t = truth.gradient.numpy()
    exact, scale = _decide(draw, t, known, draws, level / 2, proportional=False)
    verdict = {"equivalent": Verdict.UNBIASED, "reject": Verdict.BIASED}.get(exact, Verdict.INCONCLUSIVE)
    if exact == "reject" and t.any():
        parallel, scale = _decide(draw, t, known, draws, level / 2, proportional=True)
        verdict = {"equivalent": Verdict.PROPORTIONAL, "reject": Verdict.BIASED}.get(parallel, Verdict.INCONCLUSIVE)
    estimate = draw.estimate()
    measured = compare(replace(estimate, term_size=float(estimate.mean.abs().max())), [truth], FLOAT64)
    return replace(measured, verdict=verdict, scale=scale if verdict is Verdict.PROPORTIONAL else measured.scale)


def _decide(
    draw: _Draws, truth: Floats, known: _Range, draws: int, level: float, *, proportional: bool
) -> tuple[Decision, float]:
    """With ranges that are widened where they were too narrow; half of what is left of the level is spent each time."""
    alpha, left, scale = level / 2, draws, float("nan")
    for _ in range(WIDENED):
        seen = np.array(draw.seen)
        found = decide(
            draw,
            truth,
            variance=seen.var(axis=0),
            bounds=known.bounds(seen),
            proportional=proportional,
            alpha=alpha,
            alpha_equivalent=1 - CONFIDENCE,
            tolerance=SAMPLED_TOLERANCE,
            max_draws=left,
            tail=known.tail,
            earlier=seen,
        )
        left, scale = left - found.draws, found.scale
        if found.decision != "out_of_range" or left <= 0:
            return ("undecided" if found.decision == "out_of_range" else found.decision), scale
        alpha = alpha / 2
    return "undecided", scale
