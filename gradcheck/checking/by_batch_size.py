"""A judgement at other batch sizes than the one asked for, wherever that is cheap."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from gradcheck.checking.budgets import (
    MOST_BATCHES_OF_A_STEP,
    MOST_BATCHES_OTHER_SIZES,
    MOST_BATCHES_OTHER_SIZES_IN_A_LOOP,
    OTHER_SIZES,
)
from gradcheck.checking.comparison import Comparison, common_scale
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judgement import CaseResult, Judgement
from gradcheck.checking.limit.growth import growth_of
from gradcheck.checking.limit.ladder import affordable
from gradcheck.checking.limit.sizes import on_both_sides
from gradcheck.checking.result import AtBatchSize
from gradcheck.checking.verdict import Verdict, worst
from gradcheck.tree.errors import InvalidArgument


def by_batch_size(judgement: Judgement, numbers: tuple[int, ...] = ()) -> dict[int, AtBatchSize]:
    """The same at other batch sizes, wherever that is cheap and the loss is defined.

    Args:
        judgement: at the size asked for.
        numbers: further sizes, in the code of the loss. What happens there may be looked at on the smaller cases alone;
            at the usual sizes, what those alone show is told where it is worse than at the size asked for.
    """
    if not judgement.exact:
        return {}
    asked, here = judgement.cases[0].size, worst(one.comparison.verdict for one in judgement.cases)
    others = {*OTHER_SIZES, *on_both_sides(numbers)} if judgement.condition.has_other_sizes else set()
    found: dict[int, AtBatchSize] = {}
    for size in sorted({*others, asked}):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a size that no one asked for
                cases = [one for one in judgement.cases if size == asked or is_small(one.expected, size)]
                comparisons = [one.expected.compare(size) for one in cases]
        except (LossFailed, InvalidArgument):  # a loss may need more episodes than a small batch has
            continue
        if not cases:
            continue
        batches = sum(one.expected.at(size).num_batches for one in cases)
        at_size = _at_batch_size(comparisons, batches)
        complete = size not in OTHER_SIZES or all(_may_be_left_out(one) for one in judgement.cases if one not in cases)
        if complete or (size > asked and worst([here, at_size.verdict]) is not here):
            found[size] = at_size
    return found


def _may_be_left_out(one: CaseResult) -> bool:
    """Whether the others say enough about a size that was not asked for: of a rough probe where the loss is right."""
    return one.case.rough and one.comparison.verdict is not Verdict.BIASED


def worse_at(sizes: Mapping[int, AtBatchSize], asked: int) -> tuple[int, ...]:
    """The sizes above the one asked for at which the verdict is worse, in increasing order."""
    if asked not in sizes:
        return ()
    here = sizes[asked].verdict
    told = {size: at.verdict for size, at in sorted(sizes.items()) if at.verdict is not Verdict.INCONCLUSIVE}
    return tuple(size for size, verdict in told.items() if size > asked and worst([here, verdict]) is not here)


def is_small(expected: ExpectedGradient, size: int) -> bool:
    """Whether a size that no one asked about can be looked at beside the one that was."""
    most = MOST_BATCHES_OTHER_SIZES if expected.gradient.vectorised else MOST_BATCHES_OTHER_SIZES_IN_A_LOOP
    if expected.fewest(size) > (MOST_BATCHES_OF_A_STEP if size > max(OTHER_SIZES) else most):
        return False  # without asking whether order matters, which takes a while
    if size <= max(OTHER_SIZES):
        return expected.count(size) <= most
    growth = growth_of(expected)
    return growth is not None and affordable(expected, growth, size, in_code=True)


def _at_batch_size(comparisons: list[Comparison], batches: int) -> AtBatchSize:
    return AtBatchSize(
        verdict=worst(comparison.verdict for comparison in comparisons),
        scale=common_scale(comparisons),
        relative_bias=max(comparison.relative_bias for comparison in comparisons),
        direction_error=max(comparison.direction_error for comparison in comparisons),
        batches=batches,
    )
