"""One decision alone: two rectangles whose area is R, and the plane R over the two probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.report.pictures.style import BLUE, GREY, INK, ORANGE, SMALL, TITLE, VERMILLION, number, picture
from gradcheck.tree.errors import invalid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gradcheck.report.data import OneStep

_COLOURS = (BLUE, VERMILLION)
_STRIP = 0.05  # of probability moved
_STEP = 0.3  # along each axis, for the slopes
_STRIP_INK = "#8A5F00"  # the strip's orange, dark enough to read


@picture
def draw_rectangles(step: OneStep, actions: Sequence[str]) -> Figure:
    """Draw the expected return as an area, and what it gains when the line between the actions moves.

    Args:
        step: a decision between two actions.
        actions: words for them.

    Raises:
        InvalidArgument: if there are not two actions.
        ImportError: without matplotlib.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    _two_actions(step)
    x, heights = step.probabilities, step.partials
    figure = Figure(figsize=(7.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    span = max(0.0, *heights) - min(0.0, *heights) or 1.0
    for i, left in enumerate((0.0, x[0])):
        if x[i] > 0.05:  # else there is no room for words
            area = f"\n{number(x[i])} × {_bracketed(heights[i])} = {number(x[i] * heights[i])}" if x[i] > 0.25 else ""
            middle = (left + x[i] / 2, heights[i] / 2)
            axes.text(*middle, f"{actions[i]}{area}", color=_COLOURS[i], weight="bold", ha="center", va="center")
        axes.add_patch(Rectangle((left, 0), x[i], heights[i], facecolor=_COLOURS[i], alpha=0.22))
        axes.add_patch(Rectangle((left, 0), x[i], heights[i], facecolor="none", edgecolor=_COLOURS[i], linewidth=1.5))
    moved = min(_STRIP, x[0])
    low, high = sorted(heights)
    if moved and low != high:
        strip = Rectangle((x[0] - moved, low), moved, high - low, facecolor=ORANGE, alpha=0.75, hatch="///")
        strip.set_edgecolor("white")
        axes.add_patch(strip)
        roomy = x[0] > 0.5  # to the left of the strip
        verb = "adds" if step.difference > 0 else "takes away"
        axes.annotate(
            f"moving dx of probability\nfrom {actions[0]} to {actions[1]}\n{verb} "
            f"dx × ({number(heights[1])} − {_bracketed(heights[0])})\n= dx × {_bracketed(step.difference)}",
            (x[0] - moved if roomy else x[0], (low + high) / 2),
            xytext=(-14 if roomy else 14, 0),
            textcoords="offset points",
            color=_STRIP_INK,
            ha="right" if roomy else "left",
            va="center",
            arrowprops={"arrowstyle": "-", "color": _STRIP_INK, "linewidth": 0.8},
        )
    sides = " + ".join(f"{number(w)} × {_bracketed(h)}" for w, h in zip(x, heights, strict=True))
    axes.set_title(f"R = {sides} = {number(step.expected_return)}, the area", fontsize=TITLE, weight="bold", pad=12)
    axes.set_xlim(0, 1)
    axes.set_ylim(min(0.0, *heights) or -0.004 * span, max(0.0, *heights) + 0.02 * span)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([0, x[0], 1], ["0", number(x[0]), "1"])
    axes.set_yticks(sorted({0.0, *heights}), [number(h) for h in sorted({0.0, *heights})])
    axes.set_xlabel("probability")
    axes.set_ylabel("reward")
    return figure


@picture
def draw_plane(step: OneStep, actions: Sequence[str]) -> Figure:
    """Draw R over both probabilities as if they were free, and the line on which they sum to 1.

    Args:
        step: a decision between two actions.
        actions: words for them.

    Raises:
        InvalidArgument: if there are not two actions.
        ImportError: without matplotlib.
    """
    import numpy as np
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d import Axes3D

    _two_actions(step)
    x, slope = step.probabilities, step.partials

    def R(x0: Any, x1: Any) -> Any:
        return slope[0] * x0 + slope[1] * x1

    figure = Figure(figsize=(7.6, 5.6))
    axes = figure.add_axes((-0.02, -0.04, 1.0, 1.06), projection="3d", computed_zorder=False)
    assert isinstance(axes, Axes3D)
    corners = np.array([0.0, 1.0])
    x0, x1 = np.meshgrid(corners, corners)
    axes.plot_surface(x0, x1, R(x0, x1), color="#9FC4DD", alpha=0.35, edgecolor="none", shade=False, zorder=1)
    for free in np.linspace(0, 1, 6):
        axes.plot([0, 1], [free, free], [R(0, free), R(1, free)], color="#7FAFCF", linewidth=0.5, zorder=1)
        axes.plot([free, free], [0, 1], [R(free, 0), R(free, 1)], color="#7FAFCF", linewidth=0.5, zorder=1)

    # The line of possible policies, on the floor and on the plane.
    floor = min(0.0, float(R(x0, x1).min()))
    axes.plot([0, 1], [1, 0], [floor, floor], color=GREY, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
    axes.plot([0, 1], [1, 0], [R(0, 1), R(1, 0)], color=ORANGE, linewidth=3, zorder=3)
    for end in ((0, 1), (1, 0)):
        axes.plot([end[0]] * 2, [end[1]] * 2, [floor, R(*end)], color=ORANGE, linewidth=0.8, zorder=2)
    axes.plot([x[0]] * 2, [x[1]] * 2, [floor, R(*x)], color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=2)

    # From where the policy is, one step along each axis by itself, and one along the line.
    here = (x[0], x[1], R(*x))
    for i in range(2):
        there = (x[0] + _STEP * (i == 0), x[1] + _STEP * (i == 1))
        corner = (*there, here[2])
        axes.plot(*zip(here, corner, strict=True), color=_COLOURS[i], linewidth=1, linestyle=(0, (3, 2)), zorder=4)
        axes.plot(*zip(corner, (*there, R(*there)), strict=True), color=_COLOURS[i], linewidth=1, zorder=4)
        axes.plot(*zip(here, (*there, R(*there)), strict=True), color=_COLOURS[i], linewidth=2.8, zorder=5)
        axes.text(
            *there,
            max(here[2], R(*there)),
            f"  ∂R/∂x{i} = {number(slope[i])}",
            color=_COLOURS[i],
            weight="bold",
            zorder=7,
        )
    axes.plot(*([value] for value in here), "o", color=INK, markersize=8, zorder=6)
    axes.text(*here, f"R = {number(step.expected_return)}   ", ha="right", va="top", weight="bold", zorder=7)
    along = 0.25 if x[0] > 0.5 else 0.75  # of x0: away from the point
    axes.text(
        along,
        1 - along,
        R(along, 1 - along),
        f"  from {actions[0]} to {actions[1]}:\n  slope {number(step.difference)}",
        color=_STRIP_INK,
        weight="bold",
        ha="left",
        va="bottom",
        zorder=7,
    )

    sides = " + ".join(f"{_bracketed(height)} x{i}" for i, height in enumerate(slope))
    figure.text(0.04, 0.94, f"R = {sides}, and the line x0 + x1 = 1", fontsize=TITLE, weight="bold")
    axes.view_init(elev=20, azim=-118)
    axes.set_box_aspect((1, 1, 0.8))
    axes.grid(visible=False)
    axes.set_xlim(0, 1.05)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel(f"x0, the probability of {actions[0]}", color=BLUE)
    axes.set_ylabel(f"x1, the probability of {actions[1]}", color=VERMILLION)
    axes.set_zlabel("R")
    axes.set_xticks([0, x[0], 1], ["0", number(x[0]), "1"], fontsize=SMALL)
    axes.set_yticks([0, x[1], 1], ["0", number(x[1]), "1"], fontsize=SMALL)
    return figure


def _two_actions(step: OneStep) -> None:
    if len(step.probabilities) != 2:
        raise invalid("a decision between two actions", "the number of actions", len(step.probabilities))


def _bracketed(value: float) -> str:
    """A number as a factor: negative ones in brackets."""
    return f"({number(value)})" if value < 0 else number(value)
