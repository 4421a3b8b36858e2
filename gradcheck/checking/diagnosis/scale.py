"""A right direction and another length, or no length at all: what there is to say about the factor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.checking.comparison import common_scale
from gradcheck.checking.diagnosis.evidence import ExaminedCase
from gradcheck.checking.result import Finding
from gradcheck.checking.tolerances import SAME_FACTOR
from gradcheck.checking.verdict import Verdict
from gradcheck.document.numbers import apart


def only_scaled(cases: Sequence[ExaminedCase]) -> Finding:
    """The finding for a loss whose expected gradient is right but for a positive factor."""
    proportional = [one.comparison for one in cases if one.comparison.verdict is Verdict.PROPORTIONAL]
    scales = [comparison.scale for comparison in proportional]
    evidence = "The exact expected gradient is parallel to the true one on every probe."
    if common_scale([one.comparison for one in cases]) is None:
        return Finding(
            "changing_factor",
            "The loss is a right one times a number that differs from game to game, "
            f"{' to '.join(apart(min(scales), max(scales)))}.",
            evidence,
            "A learning rate makes up for it in one game at a time; divide by the number of episodes instead.",
        )
    known = min(proportional, key=lambda comparison: comparison.scale_error)
    scale, size = known.scale, cases[0].size
    error = SAME_FACTOR * scale + known.scale_error
    words = {
        float(size): f", the batch size: it sums over {size} episodes where their mean is meant",
        1 / size: f" = 1/{size}: it divides by the batch size once too often",
        (size - 1) / size: f" = {size - 1}/{size}: as with a baseline that includes the episode itself",
    }
    named = next((text for value, text in words.items() if abs(scale - value) <= error), "")
    return Finding(
        "constant_factor",
        f"The loss is a right one times {scale:.6g}{named}.",
        evidence,
        "A learning rate makes up for it.",
    )


def zero(cases: Sequence[ExaminedCase]) -> Finding | None:
    """The finding for a loss whose expected gradient is zero on every probe; None where it is not."""
    if any(float(case.estimate.mean.norm()) > case.tolerance for case in cases):
        return None
    noisy = any(math.sqrt(float(case.estimate.variance.clamp(min=0).max())) > case.tolerance for case in cases)
    return Finding(
        "zero_gradient",
        "The expected gradient of the loss is zero: on average it teaches nothing.",
        "It is zero on every probe, " + ("though not on every batch: there is noise alone." if noisy else "always."),
        "Look for weights that do not depend on the action, and for a .detach() too many.",
    )
