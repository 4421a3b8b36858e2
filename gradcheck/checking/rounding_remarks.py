"""What is to be said about rounding: what was computed in float32, how closely it is judged, what cannot be told."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.checking.judgement import CaseResult
from gradcheck.checking.verdict import Verdict
from gradcheck.document.numbers import short


def rounding_remarks(results: Sequence[CaseResult]) -> tuple[str, ...]:
    """The remarks on all cases that were enumerated, each once.

    Args:
        results: of all conditions that were asked for.
    """
    exact = [one for one in results if one.estimate.exact]
    untold = [one for one in exact if one.comparison.verdict is Verdict.INCONCLUSIVE]
    coarse = [one for one in exact if one.is_coarse and one not in untold and not math.isnan(one.comparison.scale)]
    found = [_untold(max(untold, key=_share))] if untold else []
    if coarse:
        found.append(f"Computed in float32 in places: judged to about {max(map(_share, coarse)):.0e} (relative).")
    if any(one.was_coarse for one in exact):
        found.append("Judged in float64: in float32 it could not be told, or not so closely.")
    return tuple(found)


def _share(result: CaseResult) -> float:
    comparison = result.comparison
    return comparison.noise / comparison.size if comparison.size else math.inf


def _untold(result: CaseResult) -> str:
    comparison = result.comparison
    if result.is_coarse:
        advice = "Ask about a policy and a loss in float64."
    else:
        advice = "Take a constant off the returns if they are large, or ask about a policy that is less sure of itself."
    return (
        f"Cannot be told at this precision {result.case.where}: rounding errors are up to {short(comparison.noise)}, "
        f"and the gradients {short(comparison.size)} long. {advice}"
    )
