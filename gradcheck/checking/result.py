"""What ``gradcheck.check`` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from gradcheck.checking.verdict import Verdict


@final
@dataclass(frozen=True)
class Finding:
    """A named cause, or a place where the error sits.

    Attributes:
        cause: its name, such as "immediate_reward"; "unexplained" where nothing known explains the numbers.
        title: what the loss does, in one sentence.
        evidence: what shows it, in one sentence with numbers.
        remedy: what to do, in one sentence.
    """

    cause: str
    title: str
    evidence: str
    remedy: str


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


@final
@dataclass(frozen=True, eq=False)
class OnProbe:
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


@final
@dataclass(frozen=True, eq=False)
class CheckResult:
    """The answer of ``gradcheck.check``; true when the verdict is at least ``accept``, and printing it is the report.

    Attributes:
        name: of the loss.
        verdict: about the conditions asked for, the worst over them.
        accept: the least verdict that passes.
        expected_gradient: flat float64, g of all probes one after another.
        true_gradient: flat float64, t.
        variance: flat float64, of minus one batch's gradient, per coordinate.
        scale: c where g = c·t with one number for all probes, else None.
        relative_bias: ‖g - t‖ / ‖t‖, the largest over the probes.
        direction_error: 1 - cosine of the angle between g and t, the largest over the probes.
        batch: N.
        by_batch_size: the same question at other sizes, where affordable, under the first condition asked for.
        exact: whether all batches were enumerated; otherwise the numbers are sampled, with ``confidence``.
        confidence: the probability that a sampled verdict is right, at least; 1 where it is exact.
        findings: named causes with the evidence for each, the best first.
        counterexample: the smallest game and policy on which the loss fails, if it fails.
        by_condition: the verdict under every condition that applies, {name: verdict}.
        notes: what is to be said about a condition, {name: sentence}: why it does not apply, or which gradient was met.
        conditions: the names of those that decided the verdict.
        probes: g, t and all numbers for each probe under each of these conditions.
        remarks: what was left out of the comparison, such as frozen parameters.
        batches: how many different batches were evaluated in all.
        seconds: how long it took.
        seed: of everything random in it.
    """

    name: str
    verdict: Verdict
    accept: Verdict
    expected_gradient: Tensor = field(repr=False)
    true_gradient: Tensor = field(repr=False)
    variance: Tensor = field(repr=False)
    scale: float | None
    relative_bias: float
    direction_error: float
    batch: int | tuple[int, int]
    by_batch_size: Mapping[int, AtBatchSize] = field(repr=False)
    exact: bool
    confidence: float
    findings: tuple[Finding, ...] = field(repr=False)
    counterexample: Counterexample | None = field(repr=False)
    by_condition: Mapping[str, Verdict]
    notes: Mapping[str, str] = field(repr=False)
    conditions: tuple[str, ...]
    probes: tuple[OnProbe, ...] = field(repr=False)
    remarks: tuple[str, ...] = field(repr=False)
    batches: int
    seconds: float
    seed: int

    def __bool__(self) -> bool:
        return self.verdict.at_least(self.accept)

    def __str__(self) -> str:
        from gradcheck.checking.rendering.page import page
        from gradcheck.document import plain_text as plain

        return plain.render(page(self))

    def to_dict(self) -> dict[str, object]:
        """The same for programs: everything in numbers, text, lists and dictionaries, as JSON has them."""
        from gradcheck.checking.rendering.json_result import to_dict

        return to_dict(self)
