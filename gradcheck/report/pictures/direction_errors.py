"""How far the expected gradient of each practice turns away from the true one, by batch size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcheck.report.pictures.style import BLUE, PURPLE, TITLE, VERMILLION, label_line_ends, number, picture
from gradcheck.tree.errors import invalid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gradcheck.report.finite_batch import FiniteBatch

_NAMES = {
    "mean_over_steps": "mean over steps",
    "normalised": "normalised",
    "normalised_mean_over_steps": "both habits",
}
_COLOURS = (BLUE, VERMILLION, PURPLE)
_MARKERS = "os^"


@picture
def draw_finite_batches(rows: Sequence[FiniteBatch]) -> Figure:
    """Draw the direction error, 1 - cosine, of the expected gradient against the batch size.

    Sizes at which a practice has no expected gradient are left out of its line.

    Args:
        rows: from ``finite_batches``.

    Raises:
        InvalidArgument: if none of them has a direction.
        ImportError: without matplotlib.
    """
    from matplotlib.figure import Figure

    lines: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        if row.direction_error:  # neither undefined nor 0, which a logarithmic axis has no room for
            lines.setdefault(row.estimator, []).append((row.batch, row.direction_error))
    if not lines:
        raise invalid("at least one row with a direction error above 0", "rows", rows)
    figure = Figure(figsize=(7.6, 4.6), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0, 0.96, 1))  # type: ignore[union-attr]  # layout="constrained" made one
    axes = figure.add_subplot()
    ends = []
    for i, (name, points) in enumerate(lines.items()):
        sizes, errors = zip(*sorted(points), strict=True)
        colour = _COLOURS[i % len(_COLOURS)]
        axes.plot(sizes, errors, marker=_MARKERS[i % len(_MARKERS)], color=colour, linewidth=1.8, markersize=6)
        ends.append((sizes[-1], errors[-1], _NAMES.get(name, name), colour))
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**p for p in powers for m in (1, 3) if low <= m * 10.0**p <= high]
    axes.set_yticks(ticks, [f"{number(tick)}  ({_degrees(tick)})" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)
    axes.set_xticks(sorted({row.batch for row in rows}))
    axes.grid(axis="y", color="#EEF0F2")
    axes.set_axisbelow(True)
    axes.set_xlabel("episodes in a batch")
    axes.set_title("How far the expected gradient turns: 1 − cosine (angle)", fontsize=TITLE, weight="bold", pad=12)
    figure.draw_without_rendering()  # the layout is final, and with it the place of the names
    label_line_ends(axes, ends)
    return figure


def _degrees(error: float) -> str:
    return f"{math.degrees(math.acos(1 - error)):.1f}°"
