"""Tree + many policies → the expected return and the partials of each, many policies at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.progress import progress
from gradcheck.tree.types import Array
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.compiled import compiled_passes, layout_of, scratch_of
from gradcheck.tree.values.evaluation import refuse_overflow
from gradcheck.tree.values.passes import plan_of

# Policies at once: enough to make rows worth while, few enough that the rows of a block fit the second-level cache.
_COLUMNS = 32
_ROWS_TRANSPOSED = 64  # at once: as many as the first-level cache holds before and after


@final
@dataclass(frozen=True, eq=False)
class Evaluations:
    """The truth about B policies in one game, in float64.

    Attributes:
        expected_return: [B] R of each.
        partials: [B, V] ∂R/∂x of each.
    """

    expected_return: Array
    partials: Array


def evaluate_batch(game: Game | GameTree, x: ArrayLike, *, compiled: bool = False) -> Evaluations:
    """Compute R and all its partials for many policies at once.

    What a policy costs beyond its arithmetic, steering through the levels of the tree, is paid once for dozens of them.

    Args:
        game: any finite game, or its tree where that is at hand.
        x: [B, V] the probabilities of each policy, in the order of ``unroll(game).variables``.
        compiled: run as machine code, which needs numba (``pip install "gradcheck[fast]"``) and compiles for some
            seconds at its first use on a machine. The results agree to rounding.

    Raises:
        InvalidArgument: if x does not have a column for each variable, or is not finite; if returns are too large for
            float64.
        ImportError: if numba is asked for and missing.

    >>> from gradcheck.tree.games.robot import robot
    >>> evaluate_batch(robot(), [[0, 1, 0, 1, 0, 1], [1, 0, 0, 1, 0, 1]]).expected_return
    array([10., 11.])

    Reference:
        Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with function
        approximation*, theorem 1, as for one policy.
    """
    tree = unroll(game)
    wanted = f"an array [B, {len(tree.variables)}], a column for each variable"
    try:
        rows = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise invalid(wanted, "x", x) from None
    if rows.ndim != 2 or rows.shape[1] != len(tree.variables):
        raise invalid(wanted, "x.shape", rows.shape)
    if not np.isfinite(rows).all():
        raise invalid("finite probabilities", "x", x)
    results = Evaluations(np.empty(len(rows)), np.empty(rows.shape))
    begins = range(0, len(rows), _COLUMNS)
    fill = _compiled_filler(tree) if compiled else _columns_filler(tree)
    with np.errstate(over="ignore", invalid="ignore"):
        for begin in progress(begins, len(begins), f"batches of {_COLUMNS} policies"):
            batch = slice(begin, begin + _COLUMNS)
            fill(rows[batch], results.expected_return[batch], results.partials[batch])
    refuse_overflow(tree, results.expected_return)
    refuse_overflow(tree, results.partials)
    return results


def _columns_filler(tree: GameTree) -> Callable[[Array, Array, Array], None]:
    """With a column for each policy: one array operation serves them all."""
    plan = plan_of(tree, None, columns=True)
    passes = None

    def fill(x: Array, returns: Array, partials: Array) -> None:
        nonlocal passes
        passes = plan.run(np.ascontiguousarray(x.T), passes)
        returns[:] = passes.expected_return
        by_column = passes.partials()
        for first in range(0, len(by_column), _ROWS_TRANSPOSED):
            rows = slice(first, first + _ROWS_TRANSPOSED)
            partials[:, rows] = by_column[rows].T

    return fill


def _compiled_filler(tree: GameTree) -> Callable[[Array, Array, Array], None]:
    run, layout = compiled_passes(), layout_of(tree)
    scratch = scratch_of(tree)

    def fill(x: Array, returns: Array, partials: Array) -> None:
        for i, row in enumerate(x):
            returns[i] = run(layout, row, scratch, partials[i])

    return fill
