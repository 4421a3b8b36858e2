"""Why a loss is wrong: the known mistakes that have exactly its expected gradient, or else where its error sits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from gradcheck.causes.library import CAUSES
from gradcheck.checking.diagnosis.added_terms import added_terms
from gradcheck.checking.diagnosis.known_gradients import features_of, on_small_batches
from gradcheck.checking.diagnosis.locate import locate
from gradcheck.checking.diagnosis.match import Match, factor_of
from gradcheck.checking.diagnosis.scale import only_scaled, zero
from gradcheck.checking.judge import CaseResult, Judgement
from gradcheck.checking.question import Question
from gradcheck.checking.result import Attribution, Finding
from gradcheck.checking.tolerances import FLOAT64
from gradcheck.checking.verdict import Verdict

_MOST_NAMED = 3


@final
@dataclass(frozen=True)
class Diagnosis:
    """Why a loss is wrong.

    Attributes:
        findings: the best first.
        attribution: what each of several mistakes costs; None where fewer than two were found.
    """

    findings: tuple[Finding, ...]
    attribution: Attribution | None = None


def diagnose(question: Question, judgements: Sequence[Judgement]) -> Diagnosis:
    """Name what explains the numbers under every condition that was asked for."""
    found: dict[str, Finding] = {}
    for judgement in judgements:
        if judgement.verdict is not Verdict.UNBIASED:
            for finding in findings_of(question, judgement.cases):
                found.setdefault(finding.cause, finding)
    return Diagnosis(tuple(found.values()))


def findings_of(question: Question, observed: Sequence[CaseResult]) -> tuple[Finding, ...]:
    """Name what explains the numbers under one condition, the simplest explanation first.

    Args:
        question: what was asked.
        observed: the loss in each setting.
    """
    scales_only = all(one.comparison.verdict is not Verdict.BIASED for one in observed)
    found = list(_causes(question, observed, exactly=scales_only))
    if not found and not scales_only:
        found = list(added_terms(question, observed))
    if not found:
        found = [only_scaled(observed) if scales_only else zero(observed) or locate(observed)]
    return tuple(found[:_MOST_NAMED])


def _causes(question: Question, observed: Sequence[CaseResult], *, exactly: bool) -> Iterator[Finding]:
    """The causes by name; besides the first only those that explain the numbers in their simplest form."""
    features = {feature for one in observed for feature in features_of(one.case)}
    small = on_small_batches(question, observed)
    tables = [one.table(CAUSES) for one in small[:1]]  # few survive one probe
    # α is most precise where g is largest.
    by_length = sorted(observed, key=lambda one: -float(one.expected.at(one.size).mean.norm()))
    named: list[str] = []
    seen: set[str] = set()
    # What the setting has that others lack is the likelier culprit: first the causes that need it.
    in_order = sorted(enumerate(CAUSES if small else ()), key=lambda one: not one[1].needs)
    for number, cause in in_order:
        simplest = cause.name not in seen
        seen.add(cause.name)
        if not cause.needs <= features or cause.name in named or (named and not simplest):
            continue
        h = tables[0][number]
        factor = None if h is None else factor_of(small[0].found.mean, h, small[0].tolerance)
        if factor is None or (exactly and abs(factor - 1) > FLOAT64.comparison):
            continue
        match = Match(cause)
        if all(match.fits(one) for one in by_length) and (not exactly or match.is_one(observed)):
            named.append(cause.name)
            yield Finding(cause.name, cause.title, match.evidence(len(observed)), cause.remedy)
            if len(named) == _MOST_NAMED:
                return
