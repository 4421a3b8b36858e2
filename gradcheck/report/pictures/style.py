"""What all pictures share: matplotlib, if it is there, the colours, the type sizes, and how numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from gradcheck.document.numbers import exact
from gradcheck.tree.types import NumberLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Colours that stay apart for colour-blind eyes: Okabe & Ito (2008), *Color universal design*.
BLUE, VERMILLION, GREEN, ORANGE, PURPLE = "#0072B2", "#D55E00", "#00785A", "#E69F00", "#A3588A"
INK, GREY, PALE, BAND, FAINT = "#22272E", "#667079", "#C9CED4", "#DDE1E5", "#EEF0F2"

SMALL, NORMAL, TITLE = 9.0, 10.5, 12.5

_LONGEST = 7  # characters of a number

_STYLE = {
    "font.size": NORMAL,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "xtick.color": GREY,
    "ytick.color": GREY,
}


def picture(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    """Run a function that draws in the project's style, whatever the user's settings are, and leave these alone.

    Raises:
        ImportError: if matplotlib is missing; it says how to get it.
    """

    @wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            import matplotlib.style
        except ImportError as error:
            raise ImportError('Pictures need matplotlib: pip install "gradcheck[report]"') from error
        with matplotlib.style.context(["default", _STYLE]):
            return draw(*args, **kwargs)

    return drawn


@picture
def save_svg(figure: Figure, path: str | Path, *, title: str) -> None:
    """Write a figure as SVG: text stays text, and the same figure gives the same file.

    Args:
        figure: any figure.
        path: of the file.
        title: what screen readers say.
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gradcheck"}):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None, "Title": title})


def number(value: NumberLike) -> str:
    """A number with a real minus sign; one with many digits is rounded to four.

    >>> from fractions import Fraction
    >>> number(-7), number(Fraction(1, 3)), number(Fraction(-27187, 20250))
    ('−7', '1/3', '−1.343')
    """
    text = exact(value)
    return (text if len(text) <= _LONGEST else f"{float(value):.4g}").replace("-", "−")


def reward(value: NumberLike) -> str:
    """A reward with its sign."""
    text = number(value)
    return text if text.startswith("−") or text == "0" else f"+{text}"


def action_colours(count: int) -> list[str]:
    """One colour for each action; they come round again after five."""
    wheel = (BLUE, VERMILLION, PURPLE, ORANGE, GREEN)
    return [wheel[i % len(wheel)] for i in range(count)]


def label_line_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]], *, gap: float = 15.0) -> None:
    """Write each line's name beside its last point, at least ``gap`` points apart, in the order of the points.

    Args:
        axes: with their limits final.
        ends: (x, y, name, colour) of each line.
        gap: between two names, in points.
    """
    per_point = axes.figure.dpi / 72
    lowest = -float("inf")
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        height = axes.transData.transform((x, y))[1] / per_point
        lowest = max(height, lowest + gap)
        axes.annotate(
            name,
            (x, y),
            xytext=(10, lowest - height),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )
