"""Whether the direction of an expected gradient turns right as batches grow: said only where it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import final

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.comparison import Comparison
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.limit.angle import AngleTo
from gradcheck.checking.limit.extrapolation import Extrapolation, extrapolations
from gradcheck.checking.limit.growth import growth_of
from gradcheck.checking.limit.ladder import Ladder
from gradcheck.checking.limit.large_batches import LargeBatches
from gradcheck.checking.result import Limit, Tends
from gradcheck.checking.verdict import Verdict
from gradcheck.tree.types import Floats

#: The limit's error is a small part of that at the size asked for: so much of it at most, else it is not called right.
_SMALL_PART = 1 / 200

#: An error is clearly not zero if it is so many times what is uncertain about it; zero, if it is this much at most.
_CLEARLY = 10
_WITHIN = 3

#: A limit is seen if most of what there is at the largest size is the limit, unless a law leads there exactly.
_LEFT = 0.1

#: An error that falls by so much from each large batch to one twice as large has not come near a floor.
_FALLS = 0.6

#: Directions are the same at two sizes if they differ by rounding, and by this share of the error at most. Of an error
#: that fades like 1/√N, five sixths are gone from 4 to 150; like 1/log N, seven tenths.
_SAME = 0.3


def large_batch_limit(
    expected: ExpectedGradient, estimate: GradientEstimate, comparison: Comparison, numbers: Sequence[int] = ()
) -> Limit:
    """What the direction of the expected gradient tends to as batches grow, on one case.

    There are two sources. All batches of a ladder of sizes (N, 2N, 4N, …) are enumerated as far as that is affordable;
    and in *populations* of growing size every episode is as frequent as it is probable. By the law of large numbers the
    second have the same limit, if the loss is a continuous function of the frequencies there: populations with one
    episode more or fewer tell. Then:

    - *wrong*, if the direction is the same at every size that was looked at, whatever the size of the error;
    - *right*, if the error tends to zero: under laws A + B·r(N) that predict a size which they were not told, or as it
      stays where it is, at a small part of what it is at the size asked for;
    - *wrong*, if it clearly tends to something else;
    - *undecided*, if the sources contradict each other or none of this is shown.

    Where a batch is one group, the number of its episodes grows; else the number of groups, which stay as large as they
    are.

    Args:
        expected: of a loss on a case.
        estimate: at the size asked for. If it was sampled there is no ladder.
        comparison: with the gradient that the verdict is about.
        numbers: in the code of the loss, sizes at which it may begin to do something else, or multiples of which. Below
            the largest of them, what was examined decides nothing.
    """
    growth = growth_of(expected)
    if growth is None:
        return Limit(Tends.UNDECIDED, expected.case.name, "N", (), (), None, "")
    angle = AngleTo(comparison, estimate, expected)
    ladder, large = Ladder(expected, growth, estimate, numbers), LargeBatches(expected, growth, angle, numbers)
    wrong = comparison.verdict is Verdict.BIASED
    answer = _answer(angle, ladder, large, wrong=wrong, largest_number=max(numbers, default=0))
    return Limit(
        tends=answer.tends,
        probe=expected.case.name,
        symbol=growth.symbol,
        enumerated=tuple((size, angle.cosine_error(mean)) for size, mean in ladder.steps),
        populations=tuple((size, angle.cosine_error(mean)) for size, mean in large.steps),
        limit=answer.limit,
        rate=answer.rate,
    )


@final
@dataclass(frozen=True)
class _Answer:
    tends: Tends
    limit: float | None = None
    rate: str = ""


_UNDECIDED = _Answer(Tends.UNDECIDED)


def _answer(angle: AngleTo, ladder: Ladder, large: LargeBatches, *, wrong: bool, largest_number: int) -> _Answer:
    asked = ladder.asked
    every = [*ladder.means, *large.means]
    if len(every) > 1 and all(angle.is_zero(mean) for mean in every):
        tends = Tends.RIGHT if angle.no_truth else Tends.WRONG
        return _Answer(tends, 0.0 if angle.no_truth else 1.0)
    if largest_number > max((*ladder.sizes, *large.sizes)):
        return _UNDECIDED
    error = angle.of(asked)
    tolerance = max(angle.rounding, large.spread)
    if wrong:
        tolerance = min(tolerance, _SAME * error)
    enough = len(large.means) > 1 or (len(ladder.means) > 2 and largest_number <= ladder.sizes[-1])
    if enough and _is_the_same(angle, asked, every, tolerance):
        return _Answer(Tends.WRONG if wrong else Tends.RIGHT, angle.cosine_error(asked))
    if enough and angle.no_truth and _stays(angle, [*ladder.steps, *large.steps], tolerance):
        return _Answer(Tends.WRONG, 1.0)
    part = _SMALL_PART * min(error, 1.0)
    small = part if wrong else max(part, angle.least)
    by_large = _by_populations(angle, large, small) if large.believed else _UNDECIDED
    no_direction = bool(large.means) and all(angle.is_zero(mean) for mean in large.means)
    by_ladder = _UNDECIDED
    if largest_number <= ladder.sizes[-1]:
        by_ladder = _by_ladder(angle, ladder, small, no_direction=no_direction)
    if by_large.tends is Tends.UNDECIDED:
        return by_ladder
    if by_ladder.tends not in (Tends.UNDECIDED, by_large.tends):
        return _UNDECIDED
    smaller = min(angle.of(mean) for mean in (*ladder.means[1:], *large.means)) < error
    if by_large.tends is Tends.RIGHT and wrong and not smaller:
        return _UNDECIDED
    return by_large


def _is_the_same(angle: AngleTo, asked: Tensor, every: Sequence[Tensor], tolerance: float) -> bool:
    if angle.no_truth or angle.is_zero(asked):
        return False
    return all(not angle.is_zero(mean) and angle.between(mean, asked) <= tolerance for mean in every)


def _stays(angle: AngleTo, steps: Sequence[tuple[int, Tensor]], tolerance: float) -> bool:
    """Whether a gradient that should be zero has one direction at all sizes, and is no shorter at larger ones."""
    means = [mean for _, mean in sorted(steps, key=lambda step: step[0])]
    alike = all(not angle.is_zero(mean) and angle.between(mean, means[0]) <= tolerance for mean in means)
    lengths = [float(mean.norm()) for mean in means]
    return alike and all(later >= (1 - tolerance) * earlier for earlier, later in pairwise(lengths))


def _laws(angle: AngleTo, sizes: Sequence[int], means: Sequence[Tensor]) -> list[tuple[Floats, list[Extrapolation]]]:
    """The laws that the gradients follow as they are, and on one scale."""
    numbers = np.array(sizes, dtype=float)
    scales = [np.stack([mean.numpy() for mean in means]), angle.on_one_scale(sizes, means)]
    return [(values, extrapolations(numbers, values, angle.noise)) for values in scales if values is not None]


def _by_populations(angle: AngleTo, large: LargeBatches, small: float) -> _Answer:
    if len(large.sizes) < 3:
        return _UNDECIDED
    found = _laws(angle, large.sizes, large.means)
    values, laws = next(((values, laws) for values, laws in found if any(law.exact for law in laws)), found[-1])
    if len(found) == 1 and not laws and not angle.no_truth:
        values = angle.directions(large.means)
        laws = extrapolations(np.array(large.sizes, dtype=float), values, angle.noise)
    exact = [law for law in laws if law.exact]
    for tried in (exact, [_settled(large.sizes, values)]):
        answer = _of_laws(angle, tried, values, small)
        if answer.tends is not Tends.UNDECIDED:
            fades = answer.tends is Tends.RIGHT and not answer.rate
            return replace(answer, rate=next((law.rates[0] for law in laws if law.rates), "")) if fades else answer
        if tried and tried[0].exact:
            return _UNDECIDED  # what is exact is not overruled by what is nearly so
    # A length may change while the direction is right at all sizes. One that is wrong may stay long, and turn later.
    if not angle.no_truth:
        directions = angle.directions(large.means)
        answer = _of_law(angle, _settled(large.sizes, directions), directions, small)
        if answer.tends is Tends.RIGHT:
            return answer
    answer = _of_laws(angle, laws, values, small)
    if answer.tends is not Tends.UNDECIDED:
        return answer
    errors = [angle.of(mean) for mean in large.means]
    falls = all(
        later <= _FALLS ** math.log2(size / smaller) * earlier
        for (smaller, earlier), (size, later) in pairwise(zip(large.sizes, errors, strict=True))
    )
    return _Answer(Tends.RIGHT, 0.0) if falls and errors[-1] <= 2 * small else _UNDECIDED


def _of_laws(angle: AngleTo, laws: Sequence[Extrapolation], values: Floats, small: float) -> _Answer:
    """What all of them say."""
    answers = [_of_law(angle, law, values, small) for law in laws]
    return answers[0] if len({answer.tends for answer in answers}) == 1 else _UNDECIDED


def _by_ladder(angle: AngleTo, ladder: Ladder, small: float, *, no_direction: bool) -> _Answer:
    """Small sizes alone lead to a limit only where they follow a law exactly; a batch of one may be an exception.

    Or where large batches have no gradient, and small ones settle on a wrong direction as theirs fades.
    """
    for least in (1, 2):
        steps = [(size, mean) for size, mean in ladder.steps if size >= least and not angle.is_zero(mean)]
        if len(steps) < 3:
            continue
        sizes, means = zip(*steps, strict=True)
        answers = [
            _of_law(angle, law, values, small)
            for values, laws in _laws(angle, sizes, means)
            for law in laws
            if law.exact
        ]
        if len({answer.tends for answer in answers}) == 1 and answers[0] != _UNDECIDED:
            return answers[0]
        if no_direction and not angle.no_truth:
            directions = angle.directions(means)
            answer = _of_law(angle, _settled(sizes, directions), directions, small)
            if answer.tends is Tends.WRONG:
                return answer
    return _UNDECIDED


def _settled(sizes: Sequence[int], values: Floats) -> Extrapolation:
    """No law, but what the last sizes differ by: under 1/N as much is left, under 1/√N two and a half times as much.

    That is for sizes of which each is twice the last. Where frequencies had to be rounded, it fades like 1/N², and
    irregularly: the last step may be small by chance.
    """
    last, before = (
        float(np.linalg.norm(values[k] - values[k - 1])) / math.log2(sizes[k] / sizes[k - 1]) for k in (-1, -2)
    )
    return Extrapolation(values[-1], _WITHIN * max(last, before / 4), (), exact=False)


def _of_law(angle: AngleTo, law: Extrapolation, values: np.ndarray, small: float) -> _Answer:
    limit = torch.from_numpy(law.limit)
    length = 1.0 if angle.no_truth else float(limit.norm())
    if not length or law.uncertainty * _WITHIN > length:
        return _UNDECIDED
    error, uncertain = angle.of(limit), law.uncertainty / length
    rate = law.rates[0] if law.rates else ""
    within = _WITHIN if law.rates or law.exact else 1  # what has settled is known no better than its uncertainty says
    if error <= within * uncertain + angle.rounding and max(error, uncertain / _WITHIN) <= small:
        return _Answer(Tends.RIGHT, 0.0, rate)
    left = float(np.linalg.norm(values[-1] - law.limit)) / length
    # How far the limit is from all gradients that are right, as a share of its length: the sine, which is 1 at most.
    missed = error if angle.no_truth else error / math.hypot(1.0, error) if math.isfinite(error) else 1.0
    if missed > max(_CLEARLY * uncertain, angle.rounding) and (law.exact or left <= _LEFT * missed):
        return _Answer(Tends.WRONG, angle.cosine_error(limit), rate)
    return _UNDECIDED
