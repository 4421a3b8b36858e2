"""Report → document: the sections in their order, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.document.blocks import Block, Heading, Text
from gradcheck.report import exact_sections, large_sections, sampled_sections
from gradcheck.report.data import FALSE_ALARM, Report


def document(report: Report) -> Iterator[Block]:
    """The report, section by section, in tables of at most 80 characters wherever names are short."""
    if report.at is not None:
        yield from exact_sections.game(report)
        if report.one_step:
            yield from exact_sections.one_step(report.one_step, report.actions)
        yield from exact_sections.expected_return(report, report.at)
        yield from exact_sections.partials(report, report.at)
        yield from exact_sections.sampled_sums(report)
    if report.spread is not None:
        yield from large_sections.game(report, report.spread)
        yield from large_sections.expected_return(report)
        yield from large_sections.partials(report)
    yield from sampled_sections.estimates(report)
    if report.at is not None:
        yield from sampled_sections.linear(report)
    yield from sampled_sections.finite(report)
    yield from _verdict(report)


def _verdict(report: Report) -> Iterator[Block]:
    yield Heading("Verdict")
    outside = sum(not one.agrees for one in report.estimates)
    proof = _proof(report)
    count = len(report.estimates)
    widest = max(one.bound for one in report.estimates)
    listed = report.spread is None
    unbiased = "are unbiased and lie" if listed else "lie"
    biased = "are BIASED, or lie" if listed else "lie"
    sampled = (
        f"all {count:,} estimates {unbiased} within their bounds, ±{widest:.2g} or less"
        if not outside
        else f"{outside:,} of {count:,} estimates {biased} {'outside' if listed else 'OUTSIDE'} their bounds"
    )
    yield Text(f"{'PASSED' if report.passed else 'FAILED'}: {proof}, and {sampled}.", report.passed)
    yield Text(f"{_bounds(report)} {report.seconds:.1f} seconds.")


def _proof(report: Report) -> str:
    if not report.proved:
        return "NOT everything above is proved"
    if not report.proof.error_probability:
        return "∂Y = ∂R is proved"
    return f"∂Y = ∂R is proved, but for an error of probability {report.proof.error_probability:.0e}"


def _bounds(report: Report) -> str:
    right = f"right estimators fail with probability at most {FALSE_ALARM:g}. More episodes make them narrower."
    if report.spread is None:
        return (
            "Unbiased: by enumerating all episodes, up to rounding. The bounds are Bernstein's, with exact variances "
            f"and ranges: {right}"
        )
    known = "exact variances, and ranges that" if report.spread.exact else "variances and ranges that"
    return (
        "Whether the estimates are unbiased was not enumerated, only bounded, for episodes are not listed. The bounds "
        f"are Bernstein's, with {known} no episode exceeds, worked out along the game: {right}"
    )
