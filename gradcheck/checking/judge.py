"""A request and a condition → the verdict under it, with every number that it rests on."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import final

from gradcheck.checking.comparison import Comparison
from gradcheck.checking.conditions.base import CONDITIONS, GROUPS, MICRO, STEPS, NotApplicable, settings_of
from gradcheck.checking.conditions.true_gradients import coordinates
from gradcheck.checking.expectation.examination import Examination, Observed
from gradcheck.checking.expectation.large_batch_limit import right_in_the_limit
from gradcheck.checking.expectation.sampled import sampled
from gradcheck.checking.options import Request
from gradcheck.checking.result import AtBatchSize, OnProbe
from gradcheck.checking.verdict import Verdict, worst

_SIZES = (1, 2, 3, 4, 8)
_MOST_BESIDE = 600  # batches in a setting at a size that was not asked for
_MOST_IN_A_LOOP = 200  # the same, where they are evaluated one by one


@final
@dataclass(frozen=True, eq=False)
class Judgement:
    """A loss under one condition.

    Attributes:
        condition: its name.
        verdict: the worst over the settings.
        observed: the loss in each setting.
    """

    condition: str
    verdict: Verdict
    observed: tuple[Observed, ...]

    @property
    def exact(self) -> bool:
        """Whether all batches were enumerated in all settings."""
        return all(one.exact for one in self.observed)

    @property
    def batches(self) -> int:
        """How many different ones were enumerated."""
        return sum(one.examination.batches for one in self.observed)

    @property
    def note(self) -> str:
        """What was met, where more than one gradient would do."""
        if all(len(one.examination.references(one.size)) == 1 for one in self.observed):
            return ""
        if any(one.comparison.verdict is Verdict.BIASED for one in self.observed):
            return "Matches neither reference."
        words = {one.comparison.reference for one in self.observed}
        return f"Matches the gradient of {' and of '.join(sorted(words))}."

    @property
    def on_probes(self) -> tuple[OnProbe, ...]:
        """All numbers, setting by setting."""
        return tuple(_on_probe(one, self.condition, self.verdict) for one in self.observed)


def judge(request: Request, condition: str, *, most: int) -> Judgement:
    """Decide.

    Args:
        request: what was asked.
        condition: the name of one.
        most: batches that may be enumerated in a setting.

    Raises:
        NotApplicable: if the condition says nothing here.
        InvalidArgument: if no verdict can be about the loss.
    """
    size = request.size(condition)
    if condition == MICRO and size < 2:
        raise NotApplicable("A batch of 1 cannot be split.")
    if condition == STEPS and request.objective is not None:
        raise NotApplicable("An objective says what complete episodes are worth, and a buffer cuts them.")
    rules = CONDITIONS[condition]
    settings = settings_of(rules, request.subject, groups=request.groups, discount=request.discount, seed=request.seed)
    found: list[Observed] = []
    for setting in settings:
        one = Examination(
            request.loss,
            setting,
            objective=request.objective,
            learning_rate=request.learning_rate,
            max_batches=most,
        )
        if request.draws is not None and one.must_be_sampled(size):
            found.append(sampled(one, size, request.draws, seed=request.seed, tests=len(settings)))
            continue
        one.begin(size)
        comparison = one.compare(size)
        one.end()
        found.append(Observed(one, size, comparison))
    verdict = worst(tuple(one.comparison.verdict for one in found))
    exact = all(one.exact for one in found)
    if (
        verdict is Verdict.BIASED
        and rules.in_limit
        and exact
        and all(right_in_the_limit(one.examination) for one in found)
    ):
        verdict = Verdict.CONSISTENT
    return Judgement(condition, verdict, tuple(found))


def by_batch_size(judgement: Judgement) -> dict[int, AtBatchSize]:
    """The same at other batch sizes, wherever that is cheap and the loss is defined."""
    observed = judgement.observed
    if not judgement.exact:
        return {}
    if judgement.condition in (MICRO, STEPS, GROUPS):
        sizes = (observed[0].size,)
    else:
        sizes = tuple(sorted({*_SIZES, observed[0].size}))
    found: dict[int, AtBatchSize] = {}
    for size in sizes:
        asked = size == observed[0].size
        if not asked and any(one.examination.count(size) > _affordable(one) for one in observed):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a size that no one asked for
                comparisons = [one.examination.compare(size) for one in observed]
        except Exception:  # a loss may need more episodes than a small batch has
            continue
        batches = sum(one.examination.at(size).batches for one in observed)
        found[size] = _summary(comparisons, batches)
    return found


def _affordable(one: Observed) -> int:
    return _MOST_BESIDE if one.examination.gradient.vectorised else _MOST_IN_A_LOOP


def common_scale(comparisons: list[Comparison]) -> float | None:
    """c, where all comparisons are with gradients that are not zero and have the same scale; else None."""
    scales = [one.scale for one in comparisons if not math.isnan(one.scale)]  # where t is zero
    if any(one.verdict is Verdict.BIASED for one in comparisons) or not scales:
        return None
    same = max(scales) - min(scales) <= 1e-7 * abs(max(scales))
    return scales[0] if same else None


def _summary(comparisons: list[Comparison], batches: int) -> AtBatchSize:
    return AtBatchSize(
        verdict=worst(tuple(one.verdict for one in comparisons)),
        scale=common_scale(comparisons),
        relative_bias=max(one.relative_bias for one in comparisons),
        direction_error=max(one.direction_error for one in comparisons),
        batches=batches,
    )


def _on_probe(one: Observed, condition: str, verdict: Verdict) -> OnProbe:
    found, comparison = one.examination.at(one.size), one.comparison
    right = comparison.verdict is not Verdict.BIASED
    return OnProbe(
        probe=one.setting.play.name,
        condition=condition,
        verdict=comparison.verdict if right or verdict is not Verdict.CONSISTENT else Verdict.CONSISTENT,
        reference=comparison.reference,
        names=coordinates(one.examination.parameters),
        expected_gradient=found.mean,
        true_gradient=comparison.truth,
        variance=found.variance,
        scale=comparison.scale,
        relative_bias=comparison.relative_bias,
        direction_error=comparison.direction_error,
        batches=found.batches,
    )
