"""Sampled partials of R beside the exact ones, as the number of episodes grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from gradcheck.report.pictures.style import (
    BAND,
    BLUE,
    GREY,
    INK,
    NORMAL,
    SMALL,
    VERMILLION,
    number,
    picture,
)
from gradcheck.tree.types import Floats, Integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gradcheck.tree.game import Game
    from gradcheck.tree.game_tree import GameTree
    from gradcheck.tree.types import Array
    from gradcheck.tree.values.policy_table import PolicyTable

_SMALLEST, _LARGEST = 4, 20  # powers of 2
_NAMES = {"log_prob": "log-probability", "inverse_prob": "1/p"}
_COLOURS = {"log_prob": BLUE, "inverse_prob": VERMILLION}


@final
@dataclass(frozen=True, eq=False)
class Convergence:
    """Estimates of ∂R/∂x from ever more episodes; each size keeps the episodes of the size before.

    Attributes:
        variable_of: [I, A] the number of the variable of each action in each information set, -1 where illegal.
        sizes: [S] numbers of episodes, each twice the one before.
        exact: [V] the partials.
        standard_errors: [S, V] of one estimate at each size, exact.
        means: by estimator, [S, V].
    """

    variable_of: Array
    sizes: Integers
    exact: Floats
    standard_errors: Floats
    means: Mapping[str, Floats]


def converge(game: Game | GameTree, policy: PolicyTable, *, seed: int = 0) -> Convergence:
    """Estimate ∂R/∂x from 16, 32, … 2²⁰ episodes, in both forms.

    On the same episodes both forms give the same numbers, so each is given episodes of its own.

    Args:
        game: small enough that all its episodes can be enumerated.
        policy: ``{observation: probabilities}``.
        seed: of the episodes.

    Raises:
        InvalidArgument: if the policy does not fit the game.
    """
    from gradcheck.estimators.episode_list import all_episodes
    from gradcheck.estimators.policies import ProbabilityTable
    from gradcheck.estimators.policy_gradients import inverse_prob, log_prob
    from gradcheck.estimators.sampling import generator, sample_counts
    from gradcheck.report.estimates import episode_gradients
    from gradcheck.tree.unroll import unroll
    from gradcheck.tree.values.evaluation import evaluate
    from gradcheck.tree.values.policy_table import action_probabilities

    tree = unroll(game)
    exact = evaluate(tree, action_probabilities(tree, policy)).partials.astype(np.float64)
    every = all_episodes(tree, policy)
    table = ProbabilityTable(tree, policy)
    sizes = 2 ** np.arange(_SMALLEST, _LARGEST + 1)
    more = np.diff(sizes, prepend=0)
    losses = {"log_prob": log_prob, "inverse_prob": inverse_prob}
    seeds = generator(seed).integers(2**63, size=(len(losses), len(sizes))).tolist()
    means, spread = {}, np.zeros_like(exact)
    for (name, loss), own in zip(losses.items(), seeds, strict=True):
        gradients = episode_gradients(loss, table, every.episodes)
        counts = np.cumsum([sample_counts(every, int(n), s) for n, s in zip(more, own, strict=True)], axis=0)
        means[name] = counts @ gradients / sizes[:, None]
        spread = np.sqrt(every.probabilities @ (gradients - exact) ** 2)
    return Convergence(tree.variable_of, sizes, exact, spread / np.sqrt(sizes)[:, None], means)


@picture
def draw_convergence(run: Convergence, *, observations: Sequence[str], actions: Sequence[str]) -> Figure:
    """Draw how the estimates come in: a panel for each partial, the exact value ± one standard error behind.

    Args:
        run: from ``converge``.
        observations: words for the information sets.
        actions: words for the actions.

    Raises:
        ImportError: without matplotlib.
    """
    from matplotlib.figure import Figure

    columns, rows = run.variable_of.shape
    figure = Figure(figsize=(1.2 + 3.1 * columns, 0.9 + 2.3 * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr]  # layout="constrained" made one
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for infoset in range(columns):
        for action in range(rows):
            axes = panels[action, infoset]
            variable = int(run.variable_of[infoset, action])
            if variable < 0:
                axes.set_axis_off()
                continue
            _draw_panel(axes, run, variable)
            axes.set_title(
                f"∂R/∂x{variable} = {number(float(run.exact[variable]))}", fontsize=NORMAL, weight="bold", pad=16
            )
            where = f"{observations[infoset]}: {actions[action]}"
            axes.text(0, 1.03, where, transform=axes.transAxes, color=GREY, fontsize=SMALL)
            if action == rows - 1:
                axes.set_xlabel("episodes")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(handles), frameon=False, fontsize=NORMAL)
    return figure


def _draw_panel(axes: Axes, run: Convergence, variable: int) -> None:
    exact, error = run.exact[variable], run.standard_errors[:, variable]
    band = axes.fill_between(run.sizes, exact - error, exact + error, color=BAND, linewidth=0)
    band.set_label("exact value ± one standard error")
    axes.axhline(exact, color=INK, linewidth=1)
    for name, means in run.means.items():
        colour = _COLOURS[name]
        axes.plot(run.sizes, means[:, variable], ".-", color=colour, linewidth=1.3, markersize=5, label=_NAMES[name])
    reach = 1.15 * max(float(error[0]), *(float(np.abs(m[:, variable] - exact).max()) for m in run.means.values()))
    axes.set_ylim(exact - (reach or 1), exact + (reach or 1))
    axes.set_xscale("log", base=2)
    axes.set_xticks([2**4, 2**8, 2**12, 2**16, 2**20], ["16", "256", "4 k", "65 k", "1 M"], fontsize=SMALL)
    axes.tick_params(axis="y", labelsize=SMALL)
    axes.tick_params(which="minor", length=0)
