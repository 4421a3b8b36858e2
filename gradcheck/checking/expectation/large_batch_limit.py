"""Whether a direction that is wrong at some batch size is right in the limit of large batches."""

from __future__ import annotations

import torch
from torch import Tensor

from gradcheck.checking.budgets import (
    MOST_BATCHES_AT_A_SMALL_SIZE,
    MOST_POPULATIONS,
    MOST_UNITS_OF_A_POPULATION,
    POPULATION,
    POPULATION_IN_PARTS,
    SMALL_SIZES,
)
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.tolerances import FLOAT64
from gradcheck.estimators.batches import count_draws
from gradcheck.estimators.collectors.base import IndependentUnits
from gradcheck.estimators.population import populations
from gradcheck.tree.errors import InvalidArgument


def right_in_the_limit(expected: ExpectedGradient) -> bool | None:
    """Whether the direction of the expected gradient is right as batches grow; None where nothing can be said.

    Groups stay as large as they are: there are more of them.
    """
    if (of_groups := _of_one_group(expected)) is not None:
        return _is_right(expected, *of_groups)
    limits = [_of_a_population(expected, *POPULATION)]
    if expected.order_matters:
        # A population has one order, where a loss may pair up what is independent: small batches have all of them.
        limits += [_of_a_population(expected, *POPULATION_IN_PARTS), _of_small_sizes(expected)]
    answers = [_is_right(expected, *limit) for limit in limits if limit is not None]
    return any(answers) if answers else None


def _is_right(expected: ExpectedGradient, limit: Tensor, tolerance: float) -> bool:
    first = expected.true_gradients(expected.size)[0]
    truth = first.gradient
    if first.is_zero:
        return bool(limit.norm() <= tolerance * (1 + expected.at(expected.size).term_size))
    along = float(limit @ truth) / float(truth @ truth)
    across = float((limit - along * truth).norm())
    tolerance = max(tolerance, expected.gradient.tolerances.limit)
    return along > 0 and across <= tolerance * float(limit.norm())


def _of_a_population(expected: ExpectedGradient, total: int, copies: int) -> tuple[Tensor, float] | None:
    """On one batch in which every episode (or group) is exactly as frequent as it is probable.

    And on one twice as large: what vanishes with the size, such as the difference between a standard deviation's
    two divisors, is extrapolated away.
    """
    ordered, collector = expected.order_matters, expected.case.collector
    if not isinstance(collector, IndependentUnits):
        return None
    if collector.num_units(expected.size, ordered=ordered) > MOST_UNITS_OF_A_POPULATION:
        return None
    units, probabilities = collector.units(expected.size, ordered=ordered)
    parts = populations(probabilities, total)
    if len(parts) > MOST_POPULATIONS:
        return None
    limits = []
    for factor in (1, 2):
        batches = [(weight, collector.population(units, repeats, factor * copies)) for weight, repeats in parts]
        try:
            gradients = [weight * expected.gradient.of(batch[0]) for weight, batch in batches]
        except (
            LossFailed,
            InvalidArgument,
        ):  # it may overflow on batches as large as these, which no one asked about
            return None
        limits.append(torch.stack(gradients).sum(0))
    tolerance = expected.gradient.tolerances
    return 2 * limits[1] - limits[0], FLOAT64.limit if len(parts) == 1 else tolerance.near_limit


def _of_one_group(expected: ExpectedGradient) -> tuple[Tensor, float] | None:
    """Of one group alone, where many have the same direction; None where they have not, or there are no groups."""
    if not expected.case.collector.in_groups:
        return None
    try:
        one = _at(expected, 1)
    except (LossFailed, InvalidArgument, OverflowError):  # a loss may need more than one group
        return None
    many = expected.at(expected.size).mean
    along = float(one @ many) / max(float(one @ one), 1e-300)
    parallel = along > 0 and float((many - along * one).norm()) <= FLOAT64.limit * float(many.norm())
    return (many, FLOAT64.limit) if parallel else None


def _of_small_sizes(expected: ExpectedGradient) -> tuple[Tensor, float] | None:
    """A, where the expected gradients of three small batches of n units are A + B / n; None where they are not."""
    for sizes in SMALL_SIZES:
        try:
            first, second, third = (n * _at(expected, n) for n in sizes)
        except (LossFailed, InvalidArgument, OverflowError):  # a loss may need more than one of them
            continue
        scale = expected.at(expected.size).term_size
        if float((first - 2 * second + third).norm()) <= FLOAT64.comparison * scale * sizes[-1]:
            return third - second, FLOAT64.limit
        return None
    return None


def _at(expected: ExpectedGradient, number: int) -> Tensor:
    """[P] the expected gradient of batches of so many units."""
    collector, size, ordered = expected.case.collector, expected.size, expected.order_matters
    if not isinstance(collector, IndependentUnits):
        raise OverflowError
    count = count_draws(collector.num_units(size, ordered=ordered), number, ordered=ordered)
    if count > MOST_BATCHES_AT_A_SMALL_SIZE:
        raise OverflowError
    return expectation(expected.gradient, collector.of_units(number, size, ordered=ordered)).mean
