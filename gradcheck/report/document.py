"""Report → document: the sections in their order, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.report import exact_sections, sampled_sections
from gradcheck.report.blocks import Block, Heading, Text
from gradcheck.report.data import FALSE_ALARM, Report


def document(report: Report) -> Iterator[Block]:
    """The report, section by section, in tables of at most 80 characters."""
    yield from exact_sections.game(report)
    if report.one_step:
        yield from exact_sections.one_step(report.one_step, report.actions)
    yield from exact_sections.expected_return(report)
    yield from exact_sections.partials(report)
    yield from exact_sections.sampled_sums(report)
    yield from sampled_sections.estimates(report)
    yield from sampled_sections.linear(report)
    yield from sampled_sections.finite(report)
    yield from _verdict(report)


def _verdict(report: Report) -> Iterator[Block]:
    yield Heading("Verdict")
    outside = sum(not one.agrees for one in report.estimates)
    proof = "∂Y = ∂R is proved" if report.proved else "NOT everything above is proved"
    count = len(report.estimates)
    widest = max(one.bound for one in report.estimates)
    sampled = (
        f"all {count} estimates are unbiased and lie within their bounds, ±{widest:.2g} or less"
        if not outside
        else f"{outside} of {count} estimates are BIASED, or lie outside their bounds"
    )
    yield Text(f"{'PASSED' if report.passed else 'FAILED'}: {proof}, and {sampled}.", report.passed)
    yield Text(
        "Unbiased: by enumerating all episodes, up to rounding. The bounds are Bernstein's, with exact variances and "
        f"ranges: right estimators fail with probability at most {FALSE_ALARM:g}. More episodes make them narrower. "
        f"{report.seconds:.1f} seconds."
    )
