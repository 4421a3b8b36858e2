"""What ``gradcheck.check`` returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import final

import torch
from torch import Tensor

from gradcheck.checking.comparison import common_scale
from gradcheck.checking.estimate import length
from gradcheck.checking.tolerances import CONFIDENCE, FALSE_ALARM
from gradcheck.checking.verdict import Verdict, at_best, worst


@final
@dataclass(frozen=True)
class Finding:
    """A named cause, or a place where the error sits.

    Attributes:
        cause: its name, such as "immediate_reward"; "unexplained" where nothing known explains the numbers.
        title: what the loss does, in one sentence.
        evidence: what shows it, in one sentence with numbers.
        remedy: what to do, in one sentence.
        also: other names that have the same expected gradient in all that was compared.
    """

    cause: str
    title: str
    evidence: str
    remedy: str
    also: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class AtBatchSize:
    """How the expected gradient g stands to the true gradient t at one batch size, the worst over all probes.

    Attributes:
        verdict: unbiased, proportional or biased at this very size; what happens as batches grow is not asked.
        scale: c of the projection c·t of g, where it is one number for all probes; else None.
        relative_bias: ‖g - t‖ / ‖t‖.
        direction_error: 1 - cosine of the angle between g and t.
        batches: how many different batches were enumerated.
    """

    verdict: Verdict
    scale: float | None
    relative_bias: float
    direction_error: float
    batches: int


class Tends(StrEnum):
    """What becomes of the direction of an expected gradient as batches grow."""

    #: To that of the true gradient.
    RIGHT = "right"
    #: To another one, or to none.
    WRONG = "wrong"
    #: The sizes that were examined do not settle it.
    UNDECIDED = "undecided"


@final
@dataclass(frozen=True)
class Limit:
    """The direction of the expected gradient of a loss as batches grow, on the probe that it is worst on.

    Attributes:
        tends: to the right direction, to a wrong one, or undecided.
        probe: its name.
        symbol: what grows: "N" episodes, "k" groups, or "g" episodes in the one group there is.
        enumerated: (size, 1 - cosine) of the sizes at which all batches were enumerated.
        populations: (size, 1 - cosine) of large batches in which every episode is as frequent as it is probable.
        limit: 1 - cosine of what they tend to; None where that is undecided.
        rate: how fast what fades does, such as "1/N"; "" where nothing does, or that is unknown.
    """

    tends: Tends
    probe: str
    symbol: str
    enumerated: tuple[tuple[int, float], ...]
    populations: tuple[tuple[int, float], ...]
    limit: float | None
    rate: str


@final
@dataclass(frozen=True, eq=False)
class ProbeResult:
    """One game and policy, under one condition, at the batch size asked for.

    Attributes:
        probe: its name.
        condition: its name.
        verdict: for this probe alone.
        reference: what the true gradient is the gradient of, in words.
        names: [P] of the coordinates, such as "weight[0, 1]".
        expected_gradient: [P] float64, g = -E[gradient of the loss].
        true_gradient: [P] float64, t.
        variance: [P] float64, of minus one batch's gradient.
        scale: c of the projection c·t of g.
        relative_bias: ‖g - t‖ / ‖t‖.
        direction_error: 1 - cosine of the angle between g and t; 1 where g is zero.
        batches: how many different batches were enumerated.
        noise: how far apart rounding alone may put g and t, as a length.
    """

    probe: str
    condition: str
    verdict: Verdict
    reference: str
    names: tuple[str, ...]
    expected_gradient: Tensor
    true_gradient: Tensor
    variance: Tensor
    scale: float
    relative_bias: float
    direction_error: float
    batches: int
    noise: float = 0.0

    @property
    def scale_error(self) -> float:
        """How far rounding may have moved the scale."""
        size = length(self.true_gradient)
        return self.noise / size if size else math.inf


@final
@dataclass(frozen=True)
class AttributionRow:
    """A loss with some of its mistakes mended, the worst over the cases.

    Mended means: the right component stands in the place of the wrong one, which is the future return, the
    log-probability or the mean over episodes; a term that was added is left out.

    Attributes:
        mended: their names; none for the loss as it is.
        direction_error: 1 - cosine of the angle between the expected and the true gradient.
    """

    mended: tuple[str, ...]
    direction_error: float


@final
@dataclass(frozen=True)
class Attribution:
    """What each of several mistakes costs.

    Attributes:
        rows: the loss as it is; with each mistake mended alone; with all of them mended.
    """

    rows: tuple[AttributionRow, ...]


@final
@dataclass(frozen=True, eq=False)
class ConditionResult:
    """A loss under one condition.

    Attributes:
        condition: its name.
        verdict: the worst over its probes; None where the condition does not apply.
        probes: all numbers for each of them.
        note: what is to be said: why it does not apply, or which gradient was met.
        exact: whether all batches were enumerated; else they were sampled.
        batches: how many different batches were evaluated in all.
        limit: what happens as batches grow; None where that was not examined, because the direction is right at the
            size asked for, or the condition or the loss say nothing about other sizes.
    """

    condition: str
    verdict: Verdict | None
    probes: tuple[ProbeResult, ...] = ()
    note: str = ""
    exact: bool = True
    batches: int = 0
    limit: Limit | None = None

    @property
    def at_best(self) -> Verdict | None:
        """The best verdict that is still possible; None where the condition does not apply."""
        return None if self.verdict is None else at_best(self.verdict, wrong_at_this_size=self.limit is not None)


@final
@dataclass(frozen=True)
class Counterexample:
    """The smallest game and policy found on which a loss fails.

    Attributes:
        code: Python to paste into a test.
        description: what it shows, in one sentence.
    """

    code: str
    description: str


#: What a game is called among the probes that a search has found; its batches may be larger than those asked for.
FOUND_BY_SEARCHING = "found by searching"


@final
@dataclass(frozen=True)
class Searched:
    """What a search went through after the loss had passed.

    Attributes:
        seconds: how long it took, without making simpler what was found.
        tried: how many different games, policies and batch sizes the loss was judged on.
        skipped: how many others no verdict could be about, because the loss was not made for them.
        undecided: how many of those tried were *inconclusive*.
        found: whether the loss fails on the last of them.
    """

    seconds: float
    tried: int
    skipped: int
    undecided: int
    found: bool


@final
@dataclass(frozen=True, eq=False)
class CheckResult:
    """The answer of ``gradcheck.check``; true when the verdict is at least ``accept``, and printing it is the report.

    Attributes:
        name: of the loss.
        accept: the least verdict that passes.
        batch: N, or (k, g).
        conditions: the names of the conditions that decide the verdict.
        results: under every condition that was tried, those that decide the verdict among them.
        by_batch_size: the same question at other sizes, where affordable, under the first condition asked for.
        findings: named causes with the evidence for each, the best first.
        attribution: what each of several mistakes costs; None where fewer than two were found.
        counterexample: the smallest game and policy on which the loss fails, if it fails.
        searched: what a search went through; None where none was asked for, or the loss had not passed.
        remarks: what was left out of the comparison, such as frozen parameters.
        seconds: how long it took.
        seed: of everything random in it.
        battery: how far its games go, in words; nothing where a game was given.
    """

    name: str
    accept: Verdict
    batch: int | tuple[int, int]
    conditions: tuple[str, ...]
    results: tuple[ConditionResult, ...] = field(repr=False)
    by_batch_size: Mapping[int, AtBatchSize] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    attribution: Attribution | None = field(repr=False)
    counterexample: Counterexample | None = field(repr=False)
    searched: Searched | None = field(repr=False)
    remarks: tuple[str, ...] = field(repr=False)
    seconds: float
    seed: int
    battery: str = ""

    def __repr__(self) -> str:
        return f"CheckResult({self.name}: {self.verdict}, accept={str(self.accept)!r}, conditions={self.conditions})"

    @property
    def verdict(self) -> Verdict:
        """About the conditions asked for, the worst over them."""
        return worst(result.verdict for result in self._asked if result.verdict is not None)

    @property
    def undecided(self) -> bool:
        """Whether the loss may still be as good as ``accept`` asks: it neither passes nor fails."""
        possible = worst(result.at_best for result in self._asked if result.at_best is not None)
        return self.verdict is Verdict.INCONCLUSIVE and possible.at_least(self.accept)

    @property
    def limit(self) -> Limit | None:
        """What happens as batches grow, under the first of the conditions asked for under which it was examined.

        What is worse comes first: a limit that is wrong, then one that is undecided.
        """
        found = [result.limit for result in self._asked if result.limit is not None]
        order = (Tends.WRONG, Tends.UNDECIDED, Tends.RIGHT)
        return min(found, key=lambda limit: order.index(limit.tends), default=None)

    @property
    def expected_gradient(self) -> Tensor:
        """Flat float64, g = -E[gradient of the loss] of all probes one after another."""
        return torch.cat([probe.expected_gradient for probe in self.probes])

    @property
    def true_gradient(self) -> Tensor:
        """Flat float64, t of all probes one after another."""
        return torch.cat([probe.true_gradient for probe in self.probes])

    @property
    def variance(self) -> Tensor:
        """Flat float64, of minus one batch's gradient, per coordinate."""
        return torch.cat([probe.variance for probe in self.probes])

    @property
    def scale(self) -> float | None:
        """C where g = c·t with one number for all probes, else None."""
        return common_scale(self.probes)

    @property
    def relative_bias(self) -> float:
        """‖g - t‖ / ‖t‖, the largest over the probes."""
        return max(probe.relative_bias for probe in self.probes)

    @property
    def direction_error(self) -> float:
        """1 - cosine of the angle between g and t, the largest over the probes."""
        return max(probe.direction_error for probe in self.probes)

    @property
    def exact(self) -> bool:
        """Whether all batches were enumerated; otherwise the numbers are sampled, with ``confidence``."""
        return all(result.exact for result in self._asked)

    @property
    def confidence(self) -> float:
        """The probability that a sampled verdict is right, at least, if what the remarks say is assumed holds.

        It is 1 where the verdict is exact, 0 where it is undecided.
        """
        if self.verdict is Verdict.INCONCLUSIVE:
            return 0.0
        if self.exact:
            return 1.0
        return CONFIDENCE if self.verdict.at_least(Verdict.CONSISTENT) else 1 - FALSE_ALARM

    @property
    def by_condition(self) -> dict[str, Verdict]:
        """The verdict under every condition that applies, {name: verdict}."""
        return {result.condition: result.verdict for result in self.results if result.verdict is not None}

    @property
    def notes(self) -> dict[str, str]:
        """What is to be said about a condition, {name: sentence}: why it does not apply, or which gradient was met."""
        return {result.condition: result.note for result in self.results if result.note}

    @property
    def probes(self) -> tuple[ProbeResult, ...]:
        """g, t and all numbers for each probe under each of the conditions that decide the verdict."""
        return tuple(probe for result in self._asked for probe in result.probes)

    @property
    def batches(self) -> int:
        """How many different batches were evaluated in all."""
        return sum(result.batches for result in self.results)

    @property
    def _asked(self) -> tuple[ConditionResult, ...]:
        by_name = {result.condition: result for result in self.results}
        return tuple(by_name[name] for name in self.conditions)

    def __bool__(self) -> bool:
        return self.verdict.at_least(self.accept)

    def __str__(self) -> str:
        from gradcheck.checking.rendering.page import page
        from gradcheck.document import plain_text

        return plain_text.render(page(self))

    def to_dict(self) -> dict[str, object]:
        """The same for programs: everything in numbers, text, lists and dictionaries, as JSON has them."""
        from gradcheck.checking.rendering.json_result import to_dict

        return to_dict(self)
