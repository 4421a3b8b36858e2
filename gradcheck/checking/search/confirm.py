"""Whether a failure on a random trial is one: no rounding of gradients that cancel, and no order that was missed."""

from __future__ import annotations

import torch

from gradcheck.checking.budgets import MOST_SEQUENCES
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.judgement import CaseResult, Judgement
from gradcheck.checking.search.screen import expectation_at_once, in_random_orders
from gradcheck.checking.tolerances import ROUNDINGS_SEEN
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.collectors.base import IndependentUnits


def confirmed(judgement: Judgement, accept: Verdict) -> bool:
    """Whether a verdict that does not pass would be the same with every batch in another order, and is no rounding.

    Whether order matters to a loss is tried on a few batches. Where it was missed, each batch was taken in one order
    alone, and a loss may look wrong that is right over all orders.
    """
    if accept is Verdict.CONSISTENT and judgement.condition.has_limit and judgement.limit is None:
        return False  # nothing is known about large batches
    return all(_can_be_seen(result, accept) and not _depends_on_order(result) for result in judgement.cases)


def _can_be_seen(result: CaseResult, accept: Verdict) -> bool:
    """Whether the error is more than rounding of the returns: all terms of a sum may be such rounding."""
    t, g = result.comparison.truth, result.estimate.mean
    length = float(t @ t)
    scale = 1.0 if accept is Verdict.UNBIASED or not length else max(0.0, float(g @ t) / length)
    error = max(float((g - scale * t).norm()), 0.0 if scale else float(t.norm()))
    precision = torch.float32 if result.expected.gradient.coarse else torch.float64
    return error > ROUNDINGS_SEEN * torch.finfo(precision).eps * result.case.largest_return


def _depends_on_order(result: CaseResult) -> bool:
    """Whether another order of each batch gives another expectation, where not all orders were gone through."""
    collector, size, gradient = result.case.collector, result.size, result.expected.gradient
    if not isinstance(collector, IndependentUnits) or collector.count(size, ordered=True) <= MOST_SEQUENCES:
        return False
    if collector.count(size, ordered=False) > MOST_SEQUENCES or result.case.condition.compares_with_itself:
        return False
    in_orders = list(in_random_orders(result.case, collector.batches(size, ordered=False)))
    other = expectation_at_once(gradient, in_orders)
    if other is None:
        other = expectation(gradient, in_orders).mean
    tolerance = gradient.tolerances.repetition * result.estimate.magnitude
    return float((other - result.estimate.mean).norm()) > tolerance
