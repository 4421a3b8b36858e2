"""The sections about a game with too many episodes to list: its size, R, the largest partials, and the proof."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.document.blocks import Block, Heading, Text
from gradcheck.document.numbers import counted, exact, is_short, whole
from gradcheck.report.data import Report
from gradcheck.report.exact_sections import best, fraction_and_decimal, how_proved, left_out, partials_table
from gradcheck.tree.variance.range_bounds import EstimateBounds

_LONGEST_FRACTION = 40  # characters in a heading


def game(report: Report, spread: EstimateBounds) -> Iterator[Block]:
    """The size of the game, counted without listing anything."""
    size = report.size
    yield Heading(f"The game: {report.name}")
    decisions, outcomes = counted(size.decisions, "decision"), counted(size.outcomes, "outcome")
    once = ", equal states at equal times counted once" if size.merged else ""
    yield Text(
        f"{decisions}, {outcomes}{once}; {counted(size.observations, 'observation')} and {size.variables:,} action "
        f"probabilities x. An episode takes {exact(round(spread.mean_length, 2))} steps on average under this policy, "
        f"and at most {size.longest:,}."
    )
    if size.merged:
        yield Text(f"As a tree it has {whole(size.histories)} decisions.")
    yield Text(f"It has {whole(size.episodes)} different episodes, {size.obstacle}.")
    yield from left_out(report)


def expected_return(report: Report) -> Iterator[Block]:
    """R, and the best that can be reached."""
    worth = report.truth.expected_return
    if isinstance(worth, Fraction) and is_short(worth, _LONGEST_FRACTION):
        yield Heading(f"The expected return: R = {fraction_and_decimal(worth)}")
    else:
        yield Heading(f"The expected return: R = {exact(worth)}")
        if isinstance(worth, Fraction):
            yield Text("Worked out in rationals, and too long to be shown as a fraction; --json writes it down.")
        else:
            yield Text("Worked out in float64: in rationals it would take too long.")
    yield from best(report)


def partials(report: Report) -> Iterator[Block]:
    """The largest partials, and how they are known to be those of Y."""
    yield Heading("The partial derivatives of R, and of the surrogate sum Y")
    yield from partials_table(report, None)
    discounted = ", discounted," if report.tree.game.discount != 1 else ""
    yield Text(
        f"Each partial is how often the decision is reached in an episode{discounted} times the average return after "
        "the action: that is ∂Y/∂x."
    )
    yield Text(how_proved(report.proof), report.identity_holds)
