"""The learning curve: the exact expected return after every update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcheck.report.pictures.style import BLUE, GREY, INK, TITLE, number, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gradcheck.estimators.training import Training
    from gradcheck.tree.values.best_policy import Strategy


@picture
def draw_training(run: Training, best: Strategy) -> Figure:
    """Draw the exact expected return against the number of updates, below that of the best strategy.

    Args:
        run: from ``train``.
        best: from ``best_strategy``.

    Raises:
        ImportError: without matplotlib.
    """
    from matplotlib.figure import Figure

    returns = run.expected_returns
    updates, worth = len(returns) - 1, float(best.expected_return)
    figure = Figure(figsize=(7.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(worth, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"the best strategy: {number(worth)}",
        (0, worth),
        xytext=(6, 5),
        textcoords="offset points",
        color=GREY,
    )
    axes.plot(range(updates + 1), returns, color=BLUE, linewidth=2)
    for x, align in ((0, "left"), (updates, "right")):
        axes.plot(x, returns[x], "o", color=BLUE, markersize=6, clip_on=False)
        axes.annotate(
            f"{returns[x]:.3f}".replace("-", "−"),
            (x, returns[x]),
            xytext=(9 if align == "left" else 0, -14),
            textcoords="offset points",
            color=INK,
            weight="bold",
            ha=align,
            va="center",
        )
    axes.set_xlim(0, updates)
    axes.margins(y=0.12)
    axes.set_xlabel("updates")
    axes.set_title("Exact expected return while learning from samples", fontsize=TITLE, weight="bold", pad=12)
    return figure
