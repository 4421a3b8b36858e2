"""Whether a loss has the expected gradient of a hypothesis on every case, with the same positive amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from gradcheck.checking.diagnosis.evidence import ExaminedCase, tolerance_of
from gradcheck.checking.diagnosis.hypothesis import Hypothesis
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.tolerances import EXPLAINED_WITHIN, FLOAT64, UNEXPLAINED_SHARE


@final
@dataclass(frozen=True)
class Fit:
    """How a loss compares with a hypothesis.

    Attributes:
        amounts: of the loss that is not right, and of each term.
        distance: relative, the largest over the cases.
        to_rounding: whether the distance is no more than rounding.
    """

    amounts: tuple[float, ...]
    distance: float
    to_rounding: bool


def fit(hypothesis: Hypothesis, cases: Sequence[ExaminedCase], *, larger: int = 0) -> Fit | None:
    """Find the amounts with g = a h + b T + … on all cases, all of them positive; None where there are none.

    Where all is zero on average, numbers say nothing; then the variances of single batches must have one factor, too.

    Args:
        hypothesis: with expected gradients h and T.
        cases: the loss.
        larger: by how much batches are larger than was asked for.
    """
    found: list[GradientEstimate] = []
    columns: list[Tensor] = []
    best: Fit | None = None
    for number, case in enumerate(cases, start=1):
        size = case.size + larger
        of_loss, parts = case.of_loss(size), _parts(hypothesis, case, size)
        if of_loss is None or parts is None:
            return None
        found.append(of_loss)
        columns.append(torch.stack([part if isinstance(part, Tensor) else part.mean for part in parts], dim=1))
        limit = _tolerance(case, of_loss, larger)
        if max(float(of_loss.mean.norm()), float(columns[-1].norm())) <= limit and not _alike(of_loss, parts, limit):
            return None
        best = _fit(cases[:number], found, columns, larger, complete=number == len(cases))
        if best is None:  # nor will it fit on more of them
            return None
    return best


def _fit(
    cases: Sequence[ExaminedCase],
    found: Sequence[GradientEstimate],
    columns: Sequence[Tensor],
    larger: int,
    *,
    complete: bool,
) -> Fit | None:
    tolerances = torch.tensor([_tolerance(case, one, larger) for case, one in zip(cases, found, strict=True)])
    every, g = torch.cat(list(columns)), torch.cat([one.mean for one in found])
    limit = float(tolerances.norm())
    if max(float(g.norm()), float(every.norm())) <= limit:
        return Fit((1.0,) * every.shape[1], 0.0, to_rounding=True)
    amounts = torch.linalg.lstsq(every, g[:, None], driver="gelsd").solution[:, 0]
    if complete and float((amounts * every.norm(dim=0)).min()) <= limit:
        return None
    errors = torch.stack([(one.mean - h @ amounts).norm() for one, h in zip(found, columns, strict=True)])
    relative = float((errors / tolerances).max()) * FLOAT64.comparison
    if bool((errors <= tolerances).all()):
        return Fit(tuple(amounts.tolist()), relative, to_rounding=True)
    distance = float(errors.norm() / g.norm())
    truths = torch.cat([case.truth(case.size + larger) for case in cases])
    share = UNEXPLAINED_SHARE * float(off_direction(g, truths).norm()) if complete else torch.inf
    if distance <= EXPLAINED_WITHIN and float(errors.norm()) <= share:
        return Fit(tuple(amounts.tolist()), distance, to_rounding=False)
    return None


def _parts(hypothesis: Hypothesis, case: ExaminedCase, size: int) -> list[GradientEstimate | Tensor] | None:
    """The loss without its terms, and each term; None where one is not a number."""
    loss = hypothesis.loss
    found = [case.truth(size) if loss is None else case.expected(loss, size)]
    for part in hypothesis.terms:
        assert part.form.loss is not None
        found.append(case.expected(part.form.loss, size))
    parts = [part for part in found if part is not None]
    return parts if len(parts) == len(found) else None


def _tolerance(case: ExaminedCase, found: GradientEstimate, larger: int) -> float:
    return tolerance_of(found, case.truth(case.size + larger), case.tolerances)


def _alike(found: GradientEstimate, parts: Sequence[GradientEstimate | Tensor], tolerance: float) -> bool:
    """Whether the variances of two gradients that are zero on average differ by a factor only."""
    if len(parts) > 1 or isinstance(parts[0], Tensor):
        return True
    g, h = found.variance, parts[0].variance
    limit = max(FLOAT64.comparison * float(torch.maximum(g.max(), h.max())), tolerance * tolerance)
    length = float(h.norm())
    if length <= limit or float(g.norm()) <= limit:
        return length <= limit and float(g.norm()) <= limit
    factor = float(g @ h) / (length * length)
    return factor > 0 and float((g - factor * h).norm()) <= limit


def off_direction(g: Tensor, truth: Tensor) -> Tensor:
    """[P] what no multiple of the true gradient takes away from g."""
    return g - float(g @ truth) / max(float(truth @ truth), 1e-300) * truth
