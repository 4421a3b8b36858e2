"""What was added to a right loss: an entropy bonus, a divergence, a penalty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gradcheck.causes.library import TERMS
from gradcheck.checking.diagnosis.known_gradients import expected_at_size, on_small_batches, tolerance_of
from gradcheck.checking.diagnosis.match import ROUNDING
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.judge import CaseResult
from gradcheck.checking.question import Question
from gradcheck.checking.result import Finding
from gradcheck.checking.tolerances import FLOAT64


def added_terms(question: Question, observed: Sequence[CaseResult]) -> Iterator[Finding]:
    """What was added to a right loss: g = a t + b h with a, b > 0."""
    small = on_small_batches(question, observed)
    tables = [one.table(TERMS) for one in small]
    for number, term in enumerate(TERMS if small else ()):
        parts = [table[number] for table in tables]
        most = max(one.found.term_size for one in small), max(one.tolerance for one in small)
        means, truths = [one.found.mean for one in small], [one.truth for one in small]
        if any(part is None for part in parts) or _added(means, truths, parts, most) is None:
            continue
        found = [one.expected.at(one.size) for one in observed]
        at_size = [expected_at_size(term, one, one.size) for one in observed]
        parts = [None if one is None else one.mean for one in at_size]
        if any(part is None for part in parts):
            continue
        truths_here = [one.comparison.truth for one in observed]
        amounts = _added([one.mean for one in found], truths_here, parts, _most(observed, found))
        if amounts is not None:
            a, b, error = amounts
            times = "" if abs(a - 1) <= FLOAT64.comparison else f"{a:.6g} times "
            to = f"to {error:.0e}" if error > ROUNDING else "to rounding"
            evidence = (
                f"The exact expected gradient of the loss is {times}the true one plus {b:.6g} times that of this term, "
                f"{to}."
            )
            yield Finding(term.name, term.title, evidence, term.remedy)


def _most(observed: Sequence[CaseResult], found: Sequence[GradientEstimate]) -> tuple[float, float]:
    """The size of what was summed, and the tolerance that follows from it."""
    size = max(one.term_size for one in found)
    return size, max(tolerance_of(one.expected, size, one.comparison.truth) for one in observed)


def _added(
    found: Sequence[Tensor], truths: Sequence[Tensor], parts: Sequence[Tensor | None], most: tuple[float, float]
) -> tuple[float, float, float] | None:
    """(a, b, relative error) with g = a t + b h and a, b > 0; None where there are none."""
    size, tolerance = most
    g, t, h = torch.cat(list(found)), torch.cat(list(truths)), torch.cat([one for one in parts if one is not None])
    solution = torch.linalg.lstsq(torch.stack([t, h], dim=1), g[:, None], driver="gelsd").solution[:, 0]
    a, b = solution.tolist()
    error = float((g - a * t - b * h).norm())
    if error <= tolerance and b * float(h.norm()) > tolerance and a * float(t.norm()) > tolerance:
        return a, b, error / size
    return None
