"""Why a loss is wrong: the known mistakes that have exactly its expected gradient, or else where its error sits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.causes.library import CAUSES
from gradcheck.checking.comparison import FINE
from gradcheck.checking.diagnosis.added_terms import added_terms
from gradcheck.checking.diagnosis.known_gradients import features_of, on_small_batches
from gradcheck.checking.diagnosis.locate import locate
from gradcheck.checking.diagnosis.match import Match, factor_of
from gradcheck.checking.diagnosis.scale import only_scaled, zero
from gradcheck.checking.expectation.examination import Observed
from gradcheck.checking.options import Request
from gradcheck.checking.result import Finding
from gradcheck.checking.verdict import Verdict

_MOST_NAMED = 3


def findings_of(request: Request, observed: Sequence[Observed]) -> tuple[Finding, ...]:
    """Name what explains the numbers under one condition, the simplest explanation first.

    Args:
        request: what was asked.
        observed: the loss in each setting.
    """
    scales_only = all(one.comparison.verdict is not Verdict.BIASED for one in observed)
    found = list(_causes(request, observed, exactly=scales_only))
    if not found and not scales_only:
        found = list(added_terms(request, observed))
    if not found:
        found = [only_scaled(observed) if scales_only else zero(observed) or locate(observed)]
    return tuple(found[:_MOST_NAMED])


def _causes(request: Request, observed: Sequence[Observed], *, exactly: bool) -> Iterator[Finding]:
    """The causes by name; besides the first only those that explain the numbers in their simplest form."""
    features = {feature for one in observed for feature in features_of(one.setting)}
    small = on_small_batches(request, observed)
    tables = [one.table(CAUSES) for one in small[:1]]  # few survive one probe
    # α is most precise where g is largest.
    by_length = sorted(observed, key=lambda one: -float(one.examination.at(one.size).mean.norm()))
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
        if factor is None or (exactly and abs(factor - 1) > FINE):
            continue
        match = Match(request, cause)
        if all(match.fits(one) for one in by_length) and (not exactly or match.is_one(observed)):
            named.append(cause.name)
            yield Finding(cause.name, cause.title, match.evidence(len(observed)), cause.remedy)
            if len(named) == _MOST_NAMED:
                return
