"""Result of a check → document: one screen that leads with the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradcheck.checking.estimate import length
from gradcheck.checking.rendering.phrases import (
    as_batches_grow,
    batches_of,
    costs,
    degrees,
    lost_in_rounding,
    next_step,
    scale,
    search_of,
    sentence,
    stays_the_same,
    worst_probe,
)
from gradcheck.checking.result import AtBatchSize, CheckResult, ProbeResult
from gradcheck.checking.tolerances import FLOAT64, LEAST_SQUARED, NOT_SHOWN
from gradcheck.checking.verdict import Verdict
from gradcheck.document.blocks import Block, Lines, Text
from gradcheck.document.numbers import listed, percent, short

#: So many times as large as a bias is noise at most that is said to hide it: a billion batches show that.
_MOST_TIMES = math.sqrt(1e9)
_DIRECTION_IS_RIGHT = {Verdict.UNBIASED, Verdict.PROPORTIONAL}


def page(result: CheckResult) -> Iterator[Block]:
    """The verdict, by how much, why, at other batch sizes, under other conditions, and what it took."""
    yield Text(f"{result.verdict.name}: {sentence(result)}", bool(result))
    yield Lines(tuple(_lines(result)))
    yield Text(_cost(result))


def _lines(result: CheckResult) -> Iterator[str]:
    passes = "passes" if result else "is not decided" if result.undecided else "FAILS"
    under = listed(result.conditions)
    yield f'{result.name} {passes} (accept="{result.accept}"): {batches_of(result.batch)}, {under}.'
    worst = worst_probe(result)
    if worst is not None:
        yield from _how_far(result, worst)
    yield from _findings(result)
    if worst is not None:
        yield _wrong(result, worst) if result.verdict not in _DIRECTION_IS_RIGHT else _not_wrong(result)
    if result.limit is not None and not (stays_the_same(result.limit) and result.by_batch_size):
        where = f" on {result.limit.probe}" if len(result.probes) > 1 else ""
        yield f"As batches grow{where}: direction {as_batches_grow(result.limit)}."
    yield from _batch_sizes(result)
    yield from _conditions(result)
    if result.searched is not None:
        yield search_of(result.searched)
    yield from (f"Note: {remark}" for remark in result.remarks)
    if result.battery:
        less = ", under other conditions less" if len(result.results) > len(result.conditions) else " was tried"
        yield f"Battery: {result.battery}; no more{less}."
    if result.counterexample is not None:
        yield f"result.counterexample.code: {result.counterexample.description}"


def _how_far(result: CheckResult, worst: ProbeResult) -> Iterator[str]:
    several = len(result.probes) > 1
    up_to, far = "up to " if several else "", percent(result.relative_bias)
    where = f"{worst.probe}, {worst.condition}" if len(result.conditions) > 1 else worst.probe
    at = f" (worst: {where})" if several else ""
    if result.verdict is Verdict.PROPORTIONAL:
        yield f"Off by: {up_to}{far}, all of it length: {scale(result)}."
    elif not worst.expected_gradient.any():
        yield f"Off by: all there is, for the expected gradient is zero{at}."
    elif result.verdict is not Verdict.UNBIASED and not lost_in_rounding(worst):
        angle = f"{degrees(result.direction_error)} in direction (1 - cosine {short(result.direction_error)})"
        yield f"Off by: {up_to}{angle}, {far} in all{at}; {scale(result)}."


def _findings(result: CheckResult) -> Iterator[str]:
    """The best one in full, of others the names; where nothing has failed, what the best one says."""
    if result.findings:
        best, *others = result.findings
        yield f"Why ({best.cause}): {best.title}"
        if result:
            return
        if best.evidence:
            yield f"  Evidence: {best.evidence}"
        if best.remedy:
            yield f"  Remedy: {best.remedy}"
        if result.attribution is not None:
            yield from (f"And ({other.cause}): {other.title}" for other in others)
            yield f"What each costs: {costs(result.attribution)}"
        elif others:
            yield f"Also found: {listed(other.cause for other in others)}."
    elif not result:
        yield f"Next: {next_step(result)}"


def _wrong(result: CheckResult, worst: ProbeResult) -> str:
    """Whether a loss is wrong or only noisy is what nobody can tell from a training curve."""
    spread = _spread(worst)
    # Where a learning rate may make up for the length, and it is not negative, what counts is the rest.
    across = result.accept is not Verdict.UNBIASED and worst.scale > 0
    if lost_in_rounding(worst):
        errors = f"rounding errors of up to {short(worst.noise)}"
        return f"Wrong or not, undecided: the gradient is lost in {errors} ({worst.probe})."
    bias = length(worst.expected_gradient - (worst.scale if across else 1.0) * worst.true_gradient)
    bias = bias if bias > max(worst.noise, NOT_SHOWN * length(worst.expected_gradient)) else 0.0
    off = f"{short(bias)} off the true {'direction' if across else 'gradient'}"
    if not spread:
        return f"Wrong, not noisy: all batches give one gradient, {off} ({worst.probe})."
    visible = _visible(spread / bias) if bias else ""
    open_question = result.verdict is Verdict.INCONCLUSIVE and result.limit is None
    judged = "Wrong or noisy, undecided" if open_question else "Wrong, and noisy"
    return (
        f"{judged}: one batch's gradient scatters by {short(spread)} around a mean that is {off}{visible} "
        f"({worst.probe})."
    )


def _visible(ratio: float) -> str:
    """In how many batches a bias shows beside noise that is so many times as large."""
    if ratio > _MOST_TIMES:
        return ", too small to be seen in any number of batches"
    averaged = math.ceil(ratio**2)
    return f", visible in the mean of {averaged:,} batches" if averaged > 1 else ""


def _not_wrong(result: CheckResult) -> str:
    def noise(one: ProbeResult) -> float:
        size = length(one.expected_gradient)
        return _spread(one) / size if size else 0.0

    noisiest = max(result.probes, key=noise)
    largest = max(length(one.expected_gradient) for one in result.probes)
    if largest and not LEAST_SQUARED < largest < 1 / LEAST_SQUARED:
        return f"How noisy it is cannot be told: its gradients, of {short(largest)}, have no squares in float64."
    if not _spread(noisiest):
        return "Neither wrong nor noisy: all batches give one gradient."
    return (
        f"Noisy, not wrong: one batch's gradient scatters around its mean by {short(_spread(noisiest))}, or "
        f"{short(noise(noisiest))} times its length, at most ({noisiest.probe})."
    )


def _spread(one: ProbeResult) -> float:
    """The standard deviation of one batch's gradient, as a vector; rounding may have made a variance negative."""
    spread = length(one.variance.clamp(min=0).sqrt())
    return spread if spread > max(one.noise, FLOAT64.comparison * length(one.expected_gradient)) else 0.0


def _batch_sizes(result: CheckResult) -> Iterator[str]:
    """Sizes that say the same share a clause."""
    clauses: dict[str, list[int]] = {}
    for size, at in sorted(result.by_batch_size.items()):
        clauses.setdefault(_at_batch_size(at), []).append(size)
    if clauses:
        said = [f"N={listed(sizes)} {said}" for said, sizes in clauses.items()]
        if result.limit is not None and stays_the_same(result.limit):
            size, error = max((*result.limit.enumerated, *result.limit.populations))
            said.append(f"{degrees(error)} up to {result.limit.symbol}={size:,}")
        yield f"By batch size: {'; '.join(said)}."


def _at_batch_size(at: AtBatchSize) -> str:
    if at.verdict in (Verdict.UNBIASED, Verdict.INCONCLUSIVE):
        return at.verdict.value
    if at.verdict is Verdict.PROPORTIONAL:
        return f"{at.verdict}, scale {'not one number' if at.scale is None else short(at.scale)}"
    return f"{at.verdict}, {percent(at.relative_bias)} or {degrees(at.direction_error)} off"


def _conditions(result: CheckResult) -> Iterator[str]:
    by_verdict: dict[str, list[str]] = {}
    for name, verdict in result.by_condition.items():
        by_verdict.setdefault(verdict.value, []).append(name)
    if len(result.by_condition) > 1:
        yield f"By condition: {'; '.join(f'{said}: {listed(names)}' for said, names in by_verdict.items())}."
    by_note: dict[str, list[str]] = {}
    for name, note in result.notes.items():
        by_note.setdefault(note, []).append(name)
    yield from (f"  {listed(names)}: {note}" for note, names in by_note.items())


def _cost(result: CheckResult) -> str:
    batches = "1 batch" if result.batches == 1 else f"{result.batches:,} batches"
    how = "enumerated" if result.exact else "sampled"
    undecided = result.verdict is Verdict.INCONCLUSIVE
    sure = (
        "" if result.exact or undecided else f", right with a probability of at least {100 * result.confidence:.6g} %"
    )
    return f"{batches} {how}{sure}; {result.seconds:.1f} seconds, seed {result.seed}."
