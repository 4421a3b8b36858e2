"""Whether a direction that is wrong at some batch size is right in the limit of large batches."""

from __future__ import annotations

import torch
from torch import Tensor

from gradcheck.checking.comparison import FINE
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.examination import Examination
from gradcheck.estimators.enumeration import count_of
from gradcheck.estimators.population import populations

# (episodes, copies of them) in the batch that stands for an infinite one. No more: a loss that multiplies [T, 1] by [T]
# makes [T, T] of them. Where order matters there are six copies, so that halves and thirds are right, too.
_WHOLE, _IN_PARTS = (600, 1), (200, 6)
_MOST_POPULATIONS = 256  # of them; as many as there are episodes, where their probabilities are no ratios
_MOST_UNITS = 5_000  # different episodes or groups: more do not fit in such a batch
_LIMIT = 1e-6  # off the axis, relative; float64 sums over a population batch are exact to 1e-12
_NEAR_LIMIT = 1e-4  # the same for an average over batches: it leaves terms in 1/200² = 2.5e-5, times a curvature
_SMALL = ((1, 2, 3), (2, 3, 4))  # numbers of units at which E = A + B / number is tried
_MOST_BATCHES = 5_000  # at one of them


def right_in_the_limit(examination: Examination) -> bool | None:
    """Whether the direction of the expected gradient is right as batches grow; None where nothing can be said.

    Groups stay as large as they are: there are more of them.
    """
    if (of_groups := _of_one_group(examination)) is not None:
        return _is_right(examination, *of_groups)
    found = [_of_a_population(examination, *_WHOLE)]
    if examination.ordered:
        # A population has one order, where a loss may pair up what is independent: small batches have all of them.
        found += [_of_a_population(examination, *_IN_PARTS), _of_small_sizes(examination)]
    known = [_is_right(examination, *one) for one in found if one is not None]
    return any(known) if known else None


def _is_right(examination: Examination, limit: Tensor, tolerance: float) -> bool:
    truth = examination.references(examination.size)[0].gradient
    if float(truth.norm()) <= FINE * examination.largest_return:
        return bool(limit.norm() <= tolerance * (1 + examination.at(examination.size).size))
    along = float(limit @ truth) / float(truth @ truth)
    across = float((limit - along * truth).norm())
    tolerance = max(tolerance, 1e-3) if examination.gradient.coarse else tolerance
    return along > 0 and across <= tolerance * float(limit.norm())


def _of_a_population(examination: Examination, total: int, copies: int) -> tuple[Tensor, float] | None:
    """On one batch in which every episode (or group) is exactly as frequent as it is probable.

    And on one twice as large: what vanishes with the size, such as the difference between a standard deviation's
    two divisors, is extrapolated away.
    """
    ordered, collector = examination.ordered, examination.collector
    if collector.num_units(examination.size, ordered=ordered) > _MOST_UNITS:
        return None
    found = collector.units(examination.size, ordered=ordered)
    if found is None:
        return None
    units, probabilities = found
    parts = populations(probabilities, total)
    if len(parts) > _MOST_POPULATIONS:
        return None
    limits = []
    for factor in (1, 2):
        batches = [(weight, collector.population(units, repeats, factor * copies)) for weight, repeats in parts]
        try:
            gradients = [weight * examination.gradient.of(batch[0]) for weight, batch in batches]
        except Exception:  # no one asked about batches as large as these; one that overflows there has no limit
            return None
        limits.append(torch.stack(gradients).sum(0))
    return 2 * limits[1] - limits[0], _LIMIT if len(parts) == 1 else _NEAR_LIMIT


def _of_one_group(examination: Examination) -> tuple[Tensor, float] | None:
    """Of one group alone, where many have the same direction; None where they have not, or there are no groups."""
    collector, size = examination.collector, examination.size
    if not collector.in_groups:
        return None
    try:
        one = _at(examination, 1)
    except Exception:  # a loss may need more than one group
        return None
    many = examination.at(size).mean
    along = float(one @ many) / max(float(one @ one), 1e-300)
    return (many, _LIMIT) if along > 0 and float((many - along * one).norm()) <= _LIMIT * float(many.norm()) else None


def _of_small_sizes(examination: Examination) -> tuple[Tensor, float] | None:
    """A, where the expected gradients of three small batches of n units are A + B / n; None where they are not."""
    for sizes in _SMALL:
        try:
            first, second, third = (n * _at(examination, n) for n in sizes)
        except Exception:  # a loss may need more than one of them
            continue
        scale = examination.at(examination.size).size
        if float((first - 2 * second + third).norm()) <= 1e-9 * scale * sizes[-1]:
            return third - second, _LIMIT
        return None
    return None


def _at(examination: Examination, number: int) -> Tensor:
    """[P] the expected gradient of batches of so many units."""
    collector, size, ordered = examination.collector, examination.size, examination.ordered
    if count_of(collector.num_units(size, ordered=ordered), number, ordered=ordered) > _MOST_BATCHES:
        raise OverflowError
    return expectation(examination.gradient, collector.of_units(number, size, ordered=ordered)).mean
