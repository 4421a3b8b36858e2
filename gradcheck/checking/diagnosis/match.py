"""Whether a loss has the expected gradient of a known mistake: on every probe, with one factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from gradcheck.causes.cause import Cause
from gradcheck.checking.diagnosis.known_gradients import expected_at_size, tolerance_of
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judge import CaseResult
from gradcheck.checking.tolerances import FLOAT64
from gradcheck.tree.errors import InvalidArgument

ROUNDING = 1e-12  # relative; what is less depends on the machine, and is not said


@final
class Match:
    """How the expected gradient h of a cause compares with that of a loss so far: g = α h, with one α > 0.

    Where both are zero they say nothing; then the variances of single batches must have one factor, too.

    Args:
        cause: the known mistake.
    """

    def __init__(self, cause: Cause) -> None:
        self._cause = cause
        self._factor: float | None = None
        self._error = 0.0

    def fits(self, observed: CaseResult) -> bool:
        """Whether g = α h in this setting, too, at the batch size asked for."""
        return self._fits(observed, observed.size)

    def is_one(self, observed: Sequence[CaseResult]) -> bool:
        """Whether α = 1, at one more batch size as well: 1/2 may be 1/N by coincidence."""
        if self._factor is None or abs(self._factor - 1) > FLOAT64.comparison:
            return False
        plain = [one for one in observed if one.case.condition.has_other_sizes]
        return all(self._fits(one, one.size + 1) for one in plain[:2])

    def evidence(self, settings: int) -> str:
        """What was compared."""
        exact = self._factor is None or abs(self._factor - 1) <= FLOAT64.comparison
        times = "" if exact else f", times {self._factor:.6g}"
        probes = "the game" if settings == 1 else f"all {settings} probes"
        to = f"to {self._error:.0e}" if self._error > ROUNDING else "to rounding"
        return f"The exact expected gradient of this mistake{times} is that of the loss on {probes}, {to}."

    def _fits(self, observed: CaseResult, size: int) -> bool:
        try:
            g = observed.expected.at(size)
        except (LossFailed, InvalidArgument):  # a size that was not asked for
            return False
        h = expected_at_size(self._cause, observed, size)
        if h is None:
            return False
        tolerance = tolerance_of(observed.expected, g.term_size, observed.comparison.truth)
        factor = factor_of(g.mean, h.mean, tolerance) if self._factor is None else self._factor
        if factor is None:
            return False
        error = float((g.mean - factor * h.mean).norm())
        if error > tolerance:
            return False
        if float(h.mean.norm()) > tolerance:
            self._factor = factor
        elif not _alike(g, h, tolerance):
            return False
        self._error = max(self._error, error * FLOAT64.comparison / tolerance)
        return True


def factor_of(g: Tensor, h: Tensor, tolerance: float) -> float | None:
    """α > 0 with g = α h; 1 where both are zero, None where there is none."""
    length = float(h.norm())
    if length <= tolerance or float(g.norm()) <= tolerance:
        return 1.0 if length <= tolerance and float(g.norm()) <= tolerance else None
    factor = float(g @ h) / length**2
    return factor if factor > 0 and float((g - factor * h).norm()) <= tolerance else None


def _alike(g: GradientEstimate, h: GradientEstimate, tolerance: float) -> bool:
    """Whether the variances of two gradients that are zero on average differ by a factor only."""
    largest = float(torch.maximum(g.variance.max(), h.variance.max()))
    return factor_of(g.variance, h.variance, max(FLOAT64.comparison * largest, tolerance**2)) is not None
