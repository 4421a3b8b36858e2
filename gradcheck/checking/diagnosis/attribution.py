"""What each of several mistakes costs: the same loss with one of them mended, and with all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gradcheck.checking.comparison import compare
from gradcheck.checking.diagnosis.evidence import ExaminedCase
from gradcheck.checking.diagnosis.hypothesis import Hypothesis, Part
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.result import Attribution, AttributionRow


def attribution(hypothesis: Hypothesis, amounts: Sequence[float], cases: Sequence[ExaminedCase]) -> Attribution | None:
    """Work out the table; None where a mended loss is not a number somewhere.

    Args:
        hypothesis: two parts or more that explain the loss.
        amounts: of the loss that is not right, and of each term.
        cases: the loss, at the batch size asked for.
    """
    parts = hypothesis.parts
    rows = [_row(hypothesis, amounts, cases, mended) for mended in ((), *((part,) for part in parts), parts)]
    known = tuple(row for row in rows if row is not None)
    return Attribution(known) if len(known) == len(rows) else None


def _row(
    hypothesis: Hypothesis, amounts: Sequence[float], cases: Sequence[ExaminedCase], mended: tuple[Part, ...]
) -> AttributionRow | None:
    found = []
    base, terms = hypothesis.mended(mended)
    factor = dict(zip(hypothesis.terms, amounts[1:], strict=True))
    for case in cases:
        of_base = None if base is None else case.expected(base, case.size)
        if base is not None and of_base is None:
            return None
        mean = amounts[0] * (case.truth(case.size) if of_base is None else of_base.mean)
        size = float(mean.abs().max()) if of_base is None else amounts[0] * of_base.term_size
        for term in terms:
            assert term.form.loss is not None
            of_term = case.expected(term.form.loss, case.size)
            if of_term is None:
                return None
            mean, size = mean + factor[term] * of_term.mean, max(size, factor[term] * of_term.term_size)
        estimate = GradientEstimate(mean, torch.zeros_like(mean), size, 0)
        truth = TrueGradient(case.comparison.reference, case.truth(case.size))
        found.append(compare(estimate, [truth], case.tolerances))
    names = tuple(part.name for part in mended)
    return AttributionRow(names, max(one.direction_error for one in found))
