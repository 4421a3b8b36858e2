"""The numbers of a check as people read them, and the probe that a message shows."""

from __future__ import annotations

import math

from gradcheck.checking.estimate import length
from gradcheck.checking.result import Attribution, CheckResult, Limit, ProbeResult, Searched, Tends
from gradcheck.checking.tolerances import NOT_SHOWN_OF_A_COSINE, UNTELLABLE
from gradcheck.checking.verdict import Verdict
from gradcheck.document.numbers import short

_ORDER = tuple(Verdict)


def sentence(result: CheckResult) -> str:
    """What the verdict means; large batches are spoken of where they were examined.

    >>> from types import SimpleNamespace
    >>> sentence(SimpleNamespace(verdict=Verdict.BIASED, limit=None))
    'The expected gradient of the loss does not point along the true gradient at this batch size.'
    """
    said, tends = result.verdict.sentence, None if result.limit is None else result.limit.tends
    if result.verdict is Verdict.BIASED:
        return f"{said[:-1]}{', however large the batch' if tends is Tends.WRONG else ' at this batch size'}."
    if result.verdict is Verdict.INCONCLUSIVE and tends is Tends.UNDECIDED:
        return (
            "The expected gradient of the loss points off the true one at this batch size; whether it turns towards it "
            "as batches grow is not decided."
        )
    return said


def next_step(result: CheckResult) -> str:
    """What to do about the verdict."""
    if result.verdict is Verdict.INCONCLUSIVE and not result.undecided:
        return Verdict.BIASED.next_step
    return result.verdict.next_step


def as_batches_grow(limit: Limit) -> str:
    """How far the direction is off at growing sizes, and what that tends to.

    >>> enumerated, populations = ((2, 4e-3), (4, 1e-3), (8, 2.5e-4)), ((1200, 1e-8),)
    >>> as_batches_grow(Limit(Tends.RIGHT, "chance", "N", enumerated, populations, 0.0, "1/N"))
    'off by 5.1° (N=2), 2.6° (4), 1.3° (8), 0.0081° (1,200): tends to 0 like 1/N'
    """
    shown = _sizes_shown(limit)
    angles = [degrees(error) for _, error in shown]
    sizes = [f"{size:,}" for size, _ in shown]
    if stays_the_same(limit):
        return f"off by {angles[0]} at every size from {limit.symbol}={sizes[0]} to {sizes[-1]}"
    steps = [f"{angle} ({size})" for angle, size in zip(angles, sizes, strict=True)]
    if shown:
        steps[0] = f"{angles[0]} ({limit.symbol}={sizes[0]})"
    off = f"off by {', '.join(steps)}: " if shown else ""
    if limit.limit is None:
        return f"{off}what it tends to is not decided"
    like = f" like {limit.rate.replace('N', limit.symbol)}" if limit.rate else ""
    return f"{off}tends to {degrees(limit.limit) if limit.limit else '0'}{like}"


def stays_the_same(limit: Limit) -> bool:
    """Whether the direction is off by one angle at all sizes, as far as it is shown."""
    return limit.limit is not None and len({degrees(error) for _, error in _sizes_shown(limit)}) == 1


def _sizes_shown(limit: Limit) -> list[tuple[int, float]]:
    return [*limit.enumerated[-3:], *limit.populations[:1], *limit.populations[1:][-1:]]


def degrees(direction_error: float) -> str:
    """The angle whose cosine is one less than this.

    >>> degrees(1 - math.cos(math.radians(30))), degrees(2.0), degrees(1e-12)
    ('30°', '180°', '8.1e-05°')
    """
    if direction_error < NOT_SHOWN_OF_A_COSINE:
        return "0°"
    # Not the arc cosine, which loses all digits of small angles.
    angle = math.degrees(2 * math.asin(math.sqrt(min(direction_error, 2.0) / 2)))
    return f"{angle:.0f}°" if angle >= 9.95 else f"{angle:.2g}°"


def scale(result: CheckResult) -> str:
    """The factor by which expected gradients are too long, or the range of the factors.

    >>> from types import SimpleNamespace
    >>> scale(SimpleNamespace(scale=None, probes=[SimpleNamespace(scale=0.5), SimpleNamespace(scale=0.75)]))
    'scale 0.5 to 0.75 from probe to probe'
    """
    if result.scale is not None:
        return f"scale {short(result.scale)}"
    factors = [one.scale for one in result.probes if math.isfinite(one.scale)]
    if not factors:
        return "no scale"
    low, high = short(min(factors)), short(max(factors))
    return f"scale {low}" if low == high else f"scale {low} to {high} from probe to probe"


def costs(attribution: Attribution) -> str:
    """What each of several mistakes costs, in one sentence.

    >>> from gradcheck.checking.result import Attribution, AttributionRow
    >>> rows = [(), 0.054], [("group_std",), 0.033], [("token_mean",), 0.039], [("group_std", "token_mean"), 0.0]
    >>> print(costs(Attribution(tuple(AttributionRow(*row) for row in rows))))
    As it is 19°; with group_std mended alone 15°; with token_mean mended alone 16°; with both 0°.
    """
    as_it_is, *alone, together = attribution.rows
    every = "both" if len(alone) == 2 else f"all {len(alone)}"
    clauses = [
        f"As it is {degrees(as_it_is.direction_error)}",
        *(f"with {row.mended[0]} mended alone {degrees(row.direction_error)}" for row in alone),
        f"with {every} {degrees(together.direction_error)}",
    ]
    return f"{'; '.join(clauses)}."


def batches_of(batch: int | tuple[int, int]) -> str:
    """What one batch is.

    >>> batches_of(1), batches_of((2, 3))
    ('batches of 1', 'batches of 2 groups of 3')
    """
    return f"batches of {batch}" if isinstance(batch, int) else f"batches of {batch[0]} groups of {batch[1]}"


def search_of(searched: Searched) -> str:
    """What a search went through, in one sentence or two.

    >>> search_of(Searched(20.04, 1234, 0, 0, False))
    'Searched for 20 s: 1,234 games, policies and batch sizes, none fails.'
    >>> search_of(Searched(0.61, 57, 12, 1, True))
    'Searched for 0.6 s: the last of 57 games, policies and batch sizes fails. 1 of them undecided; 12 more not judged.'
    """
    things, seconds = "games, policies and batch sizes", searched.seconds
    how_long = f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    said = (
        f"the last of {searched.tried:,} {things} fails"
        if searched.found
        else f"{searched.tried:,} {things}, none fails"
    )
    said = said if searched.tried else f"no {things} could be judged"
    others = [f"{searched.undecided:,} of them undecided"] if searched.undecided else []
    others += [f"{searched.skipped:,} more not judged"] if searched.skipped else []
    more = f" {'; '.join(others)}." if others else ""
    return f"Searched for {how_long}: {said}.{more}"


def lost_in_rounding(one: ProbeResult) -> bool:
    """Whether nothing is said about a probe because rounding may have changed its gradients by too much."""
    size = max(length(one.expected_gradient), length(one.true_gradient))
    return one.verdict is Verdict.INCONCLUSIVE and one.noise > UNTELLABLE * size


def worst_probe(result: CheckResult) -> ProbeResult | None:
    """Where it goes most wrong: by verdict, then by direction, then by length; None where nothing was compared."""

    def badness(one: ProbeResult) -> tuple[int, float, float]:
        return _ORDER.index(one.verdict), _without_rounding(one.direction_error), _without_rounding(one.relative_bias)

    return max(result.probes, key=badness, default=None)


def _without_rounding(value: float) -> float:
    """What differs by rounding must not choose a probe, or another machine chooses another."""
    return round(value, 9) if math.isfinite(value) else math.inf
