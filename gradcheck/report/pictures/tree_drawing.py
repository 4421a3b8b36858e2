"""The game tree: decisions, actions, chance, rewards, and how likely each place and each ending is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.report.pictures.style import (
    FAINT,
    GREEN,
    GREY,
    INK,
    PALE,
    SMALL,
    TITLE,
    action_colours,
    number,
    picture,
)
from gradcheck.report.pictures.tree_layout import CURVE, HEADER, MARGIN, ROW, Level, TreeLayout
from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import ENDS
from gradcheck.tree.types import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gradcheck.tree.symbolic.sums import SumsAt, SymbolicSums

_MOST_ENDINGS = 60

_HEAD, _FOOT = 0.2, 0.55  # inches
_LEADER = 0.2  # how far beyond the tree the dots go that lead to the table, in inches


@picture
def draw_tree(
    sums: SymbolicSums,
    at: SumsAt,
    *,
    actions: Sequence[str] | None = None,
    places: Mapping[State, str] | None = None,
) -> Figure:
    """Draw a game as a tree that grows to the right, and its expected return as the sum over its endings.

    A box is a decision, with what the player sees there and the probability of reaching it; a dot is chance; a green
    tag is a reward; a grey box is an ending.

    Args:
        sums: of the game.
        at: their values at the policy.
        actions: words for the actions; their numbers by default.
        places: words for the states; what the player sees by default.

    Raises:
        InvalidArgument: if the tree has more endings than a picture has room for.
        ImportError: without matplotlib.
    """
    from matplotlib.figure import Figure

    endings = len(sums.polynomials.paths)
    if endings > _MOST_ENDINGS:
        raise invalid(f"a game with at most {_MOST_ENDINGS} endings to draw", "the number of endings", endings)
    layout = TreeLayout(sums, at, actions, places or {})
    width = layout.columns[-1] + MARGIN
    figure = Figure(figsize=(width, _HEAD + endings * ROW + _FOOT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(endings - 0.5 + _FOOT / ROW, -0.5 - _HEAD / ROW)  # rows count downwards
    for level, nodes in zip(layout.levels, layout.tree.node_levels, strict=True):
        for node in range(nodes.start, nodes.stop):
            _draw_node(axes, layout, level, node)
    _draw_endings(axes, layout, sums, at)
    return figure


def _draw_node(axes: Axes, layout: TreeLayout, level: Level, node: int) -> None:
    row, right = layout.node_row[node], level.node + layout.node_width(node)
    for choice in layout.choices[node]:
        _curve(axes, (right, row), (level.choice, layout.choice_row[choice]), _colour(layout, choice))
        _draw_choice(axes, layout, level, choice)
    _box(axes, (level.node, right), row, layout.node_lines(node), facecolor="white", edgecolor=INK)
    middle = (level.node + right) / 2
    axes.text(middle, row + 0.38, layout.reached(node), color=GREY, fontsize=SMALL, ha="center", va="center")


def _draw_choice(axes: Axes, layout: TreeLayout, level: Level, choice: int) -> None:
    row, colour = layout.choice_row[choice], _colour(layout, choice)
    word, probability = layout.choice_lines(choice)
    edges = layout.edges[choice]
    forks = len(edges) > 1
    _line(axes, level.choice, level.chance if forks else level.child, row, colour)
    axes.text(level.choice, row - 0.09, word, color=colour, weight="bold", va="bottom")
    axes.text(level.choice, row + 0.09, probability, color=colour, va="top")
    for edge in edges:
        if forks:
            _draw_fork(axes, layout, level, edge, row)
        _draw_arrival(axes, layout, level, edge)
    if forks:
        axes.plot(level.chance, row, "o", color=INK, markersize=6, zorder=3)


def _draw_fork(axes: Axes, layout: TreeLayout, level: Level, edge: int, choice_row: float) -> None:
    row, begin = layout.edge_row[edge], level.chance + CURVE
    _curve(axes, (level.chance, choice_row), (begin, row), GREY)
    _line(axes, begin, level.child, row, GREY)
    axes.text(begin, row - 0.09, layout.chance(edge), color=GREY, fontsize=SMALL, va="bottom")


def _draw_arrival(axes: Axes, layout: TreeLayout, level: Level, edge: int) -> None:
    row = layout.edge_row[edge]
    _rounded(axes, level.reward, row, 0.26, facecolor="#E2F2EC", edgecolor=GREEN, linewidth=0.8)
    middle, gained = sum(level.reward) / 2, layout.reward(edge)
    tag = axes.text(middle, row, gained, color=GREEN, weight="bold", fontsize=SMALL, zorder=4)
    tag.set(ha="center", va="center_baseline")
    if layout.child[edge] == ENDS:
        right = level.child + layout.ending_width(edge)
        _box(axes, (level.child, right), row, (layout.ending(edge),), facecolor=FAINT, edgecolor="none")
        leader = [right + 0.1, layout.right + _LEADER]
        axes.plot(leader, [row, row], color=PALE, linewidth=0.8, linestyle=(0, (1, 3)), zorder=0)


def _draw_endings(axes: Axes, layout: TreeLayout, sums: SymbolicSums, at: SumsAt) -> None:
    """The sum over paths, as a table whose rows are the endings."""
    columns, paths = layout.columns, sums.polynomials.paths
    top, bottom = -0.5, len(paths) - 0.5
    for x, title in zip(columns, HEADER, strict=True):
        axes.text(x, top, title, color=GREY, fontsize=SMALL, ha="right", va="center")
    for path, cells in zip(paths, layout.cells, strict=True):
        row = layout.edge_row[path.edges[-1]]
        for x, cell, weight in zip(columns, cells, ("normal", "normal", "bold"), strict=True):
            axes.text(x, row, cell, ha="right", va="center", weight=weight)
    axes.plot([layout.right + _LEADER, columns[-1]], [bottom, bottom], color=GREY, linewidth=0.8)
    total = f"expected return R = {number(sum(at.R_by_paths))}"
    axes.text(columns[-1], bottom + 0.27 / ROW, total, fontsize=TITLE, weight="bold", ha="right", va="center")


def _colour(layout: TreeLayout, choice: int) -> str:
    return action_colours(layout.tree.game.num_actions)[layout.action(choice)]


def _line(axes: Axes, left: float, right: float, row: float, colour: str) -> None:
    axes.plot([left, right], [row, row], color=colour, linewidth=1.6, zorder=1)


def _curve(axes: Axes, begin: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """A line that leaves and arrives horizontally."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (begin[0] + end[0]) / 2
    corners = [begin, (middle, begin[1]), (middle, end[1]), end]
    path = Path(corners, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=1.6, zorder=1))


def _box(axes: Axes, sides: tuple[float, float], row: float, lines: Sequence[str], **look: Any) -> None:
    _rounded(axes, sides, row, 0.44 if len(lines) > 1 else 0.3, linewidth=1.2, **look)
    middle = sum(sides) / 2
    if len(lines) == 1:
        axes.text(middle, row, lines[0], ha="center", va="center_baseline", zorder=4)
    else:
        axes.text(middle, row - 0.1, lines[0], ha="center", va="center", zorder=4)
        axes.text(middle, row + 0.13, lines[1], ha="center", va="center", color=GREY, fontsize=SMALL, zorder=4)


def _rounded(axes: Axes, sides: tuple[float, float], row: float, inches: float, **look: Any) -> None:
    from matplotlib.patches import FancyBboxPatch

    height = inches / ROW
    corner, width = (sides[0], row - height / 2), sides[1] - sides[0]
    style = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, mutation_aspect=1 / ROW, zorder=2, **look))
