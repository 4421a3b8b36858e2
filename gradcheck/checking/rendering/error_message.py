"""Result of a check that failed → the text of the error: what went wrong, where, why, and what to do next."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

import torch
from torch import Tensor

from gradcheck.checking.estimate import length
from gradcheck.checking.rendering.phrases import (
    as_batches_grow,
    batches_of,
    costs,
    degrees,
    lost_in_rounding,
    next_step,
    sentence,
    worst_probe,
)
from gradcheck.checking.result import FOUND_BY_SEARCHING, CheckResult, ProbeResult
from gradcheck.checking.tolerances import FLOAT64
from gradcheck.checking.verdict import Verdict
from gradcheck.document import plain_text as plain
from gradcheck.document.blocks import Block, Lines, Table, Text
from gradcheck.document.numbers import decimals, listed, percent, rounded, short

_MOST_ROWS = 12


def message(result: CheckResult) -> str:
    """Several lines, without a line break at the end.

    The first says what is wrong with which loss; then come the expected and the true gradient side by side, the cause,
    a counterexample and the next step.
    """
    text = plain.render(_before_the_code(result))
    if result.counterexample is not None:
        text += textwrap.indent(result.counterexample.code.rstrip(), "    ") + "\n"  # never wrapped
    remedy = result.findings[0].remedy if result.findings else ""
    return text + plain.render([Text(f"Next: {remedy or next_step(result)}")]).rstrip("\n")


def _before_the_code(result: CheckResult) -> Iterator[Block]:
    yield Text(f"{result.name} is {result.verdict}, not {result.accept}: {sentence(result)}")
    worst = worst_probe(result)
    if worst is not None:
        yield Text(
            f"{_where(result, worst)}. Expected: minus the expected gradient of the loss. True: the gradient of "
            f"{worst.reference}."
        )
        yield from _side_by_side(result, worst)
    if result.limit is not None:
        yield Text(f"As batches grow: direction {as_batches_grow(result.limit)}.")
    if result.findings:
        best, *others = result.findings
        yield Text(f"Cause ({best.cause}): {best.title}")
        if best.evidence:
            yield Text(f"Evidence: {best.evidence}")
        if result.attribution is not None:
            yield from (Text(f"And ({other.cause}): {other.title}") for other in others)
            yield Text(f"What each costs: {costs(result.attribution)}")
        elif others:
            yield Text(f"Also found: {listed(other.cause for other in others)}.")
    if result.counterexample is not None:
        yield Text(f"Counterexample: {result.counterexample.description}")


def _where(result: CheckResult, worst: ProbeResult) -> str:
    if not worst.expected_gradient.any():
        off = "zero"
    elif lost_in_rounding(worst):
        off = f"lost in rounding errors of up to {short(worst.noise)}"
    elif worst.verdict is Verdict.PROPORTIONAL:
        off = f"scale {short(worst.scale)}"
    else:
        off = f"{degrees(worst.direction_error)} or {percent(worst.relative_bias)} off"
    batches = "" if worst.probe == FOUND_BY_SEARCHING else f", {batches_of(result.batch)}"
    return f"Worst on {worst.probe} ({worst.condition}{batches}): {off}"


def _side_by_side(result: CheckResult, worst: ProbeResult) -> Iterator[Block]:
    expected, true = worst.expected_gradient, worst.true_gradient
    order = torch.argsort(_counts(result, worst).nan_to_num().abs(), descending=True, stable=True).tolist()
    digits = decimals(float(torch.cat([expected, true]).nan_to_num().abs().max()))
    rows = [
        (worst.names[i], *(rounded(float(column[i]), digits) for column in (expected, true, expected - true)))
        for i in order[:_MOST_ROWS]
    ]
    yield Table(("parameter", "expected", "true", "difference"), tuple(rows), frozenset({"parameter"}))
    if len(order) > _MOST_ROWS:
        yield Lines((f"… and {len(order) - _MOST_ROWS:,} more",))


def _counts(result: CheckResult, worst: ProbeResult) -> Tensor:
    """How wrong each coordinate is: where only the direction counts, what the best rescaling leaves over."""
    error = worst.expected_gradient - worst.true_gradient
    if result.accept is Verdict.UNBIASED or not math.isfinite(worst.scale):
        return error
    left_over = worst.expected_gradient - worst.scale * worst.true_gradient
    only_length = length(left_over) <= max(worst.noise, FLOAT64.comparison * length(worst.expected_gradient))
    return error if only_length else left_over
