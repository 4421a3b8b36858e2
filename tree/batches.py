"""Tree + many policies → the expected return and the partials of each, in one go."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from typing import final

import numpy as np

from tree.errors import invalid
from tree.passes import plan_of
from tree.progress import progress
from tree.unroll import Array, GameTree

# Policies at once: enough to be worth a row each, few enough that the rows of a block fit the second-level cache.
_COLUMNS = 32


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


def evaluate_batch(tree: GameTree, x: Array) -> Evaluations:
    """Compute R and all its partials for many policies at once.

    What a policy costs beyond its arithmetic, steering through the levels of the tree, is paid once for dozens of them.

    Args:
        tree: from ``unroll``.
        x: [B, V] float64, the probabilities of each policy.

    Raises:
        InvalidArgument: if x does not have a column for each variable.
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != len(tree.variables):
        raise invalid(f"an array [B, {len(tree.variables)}], a column for each variable", "x.shape", x.shape)
    plan = plan_of(tree, None, columns=True)
    returns, partials = np.empty(len(x)), np.empty(x.shape)
    own = local()

    def fill(begin: int) -> None:
        some = slice(begin, begin + _COLUMNS)
        own.passes = plan.run(np.ascontiguousarray(x[some].T), getattr(own, "passes", None))
        returns[some] = own.passes.expected_return
        partials[some] = own.passes.partials().T

    begins = range(0, len(x), _COLUMNS)
    with ThreadPoolExecutor(os.cpu_count()) as workers:  # numpy lets other threads run while it computes
        for _ in progress(workers.map(fill, begins), len(begins), f"batches of {_COLUMNS} policies"):
            pass
    return Evaluations(returns, partials)
