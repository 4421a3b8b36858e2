"""The scores of a policy: the gradient of log π(action | observation), a row for each variable.

A table of logits has P = V parameters; the row of variable v is 1 at v, minus the probabilities of its information set.
That matrix is never built, because products with it are differences. Any other policy brings its own matrix [V, P].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.variance.returns import float_array

_MEAN_ZERO = 2.0**-5  # of the largest mean absolute score: rounding in bfloat16 leaves so much of a mean of 0


@final
@dataclass(frozen=True, eq=False)
class TabularScores:
    """The scores S [V, V] of a softmax over one logit for each variable.

    Attributes:
        x: [V] the action probabilities.
        legal: [I, A] what is legal in each information set.
    """

    x: Array
    legal: Array

    @property
    def num_parameters(self) -> int:
        """P = V."""
        return len(self.x)

    @cached_property
    def _infoset(self) -> Array:
        return np.nonzero(self.legal)[0]

    @cached_property
    def _first(self) -> Array:
        return np.flatnonzero(np.diff(self._infoset, prepend=-1))

    def pull(self, matrix: Array) -> Array:
        """Sᵀ @ matrix [V] or [V, Q]."""
        together = np.add.reduceat(matrix, self._first, axis=0)[self._infoset]
        return matrix - (self.x * together.T).T

    def push(self, matrix: Array) -> Array:
        """Matrix [R, V] @ S."""
        return self.pull(matrix.T).T

    def columns(self, matrix: Array) -> Array:
        """[P] the diagonal of Sᵀ @ matrix [V, P]."""
        together = np.add.reduceat(matrix, self._first, axis=0)[self._infoset, np.arange(len(self.x))]
        return matrix.diagonal() - self.x * together

    def products(self, matrix: Array) -> Array:
        """[V] the inner product of each row of S with that of the matrix [V, P]."""
        mean = np.add.reduceat(matrix * self.x, self._first, axis=1)[np.arange(len(self.x)), self._infoset]
        return matrix.diagonal() - mean

    def squares(self, weight: Array) -> Array:
        """[P] Σ_v weight_v S_vp²."""
        return weight * (1 - self.x) ** 2 + self.x**2 * self._others(weight)

    def square_norms(self) -> Array:
        """[V] the inner product of each row of S with itself."""
        return (1 - self.x) ** 2 + self._others(self.x**2)

    def mean_is_zero(self) -> bool:
        """Whether Σ_a π(a) ∇log π(a) = 0 in each information set, as it is on the simplex."""
        return True

    def _others(self, values: Array) -> Array:
        """[V] for each variable the sum over the others of its information set; no subtraction loses digits."""
        table = np.zeros(self.legal.shape)
        table[self.legal] = values
        others = np.zeros(self.legal.shape)
        others[:, 1:] += table[:, :-1].cumsum(axis=1)
        others[:, :-1] += table[:, :0:-1].cumsum(axis=1)[:, ::-1]
        return others[self.legal]


@final
@dataclass(frozen=True, eq=False)
class DenseScores:
    """The scores of any policy, as a matrix.

    Attributes:
        rows: [V, P] S, 0 where the action is never taken.
        x: [V] the action probabilities.
        legal: [I, A] what is legal in each information set.
    """

    rows: Array
    x: Array
    legal: Array

    @property
    def num_parameters(self) -> int:
        """P."""
        return self.rows.shape[1]

    def pull(self, matrix: Array) -> Array:
        """Sᵀ @ matrix [V] or [V, Q]."""
        return self.rows.T @ matrix

    def push(self, matrix: Array) -> Array:
        """Matrix [R, V] @ S."""
        return matrix @ self.rows

    def columns(self, matrix: Array) -> Array:
        """[P] the diagonal of Sᵀ @ matrix [V, P]."""
        return np.einsum("vp,vp->p", self.rows, matrix)

    def products(self, matrix: Array) -> Array:
        """[V] the inner product of each row of S with that of the matrix [V, P]."""
        return np.einsum("vp,vp->v", self.rows, matrix)

    def squares(self, weight: Array) -> Array:
        """[P] Σ_v weight_v S_vp²."""
        return np.einsum("v,vp,vp->p", weight, self.rows, self.rows)

    def square_norms(self) -> Array:
        """[V] the inner product of each row of S with itself."""
        return self.products(self.rows)

    def mean_is_zero(self) -> bool:
        """Whether Σ_a π(a) ∇log π(a) = 0 in each information set, as it is on the simplex."""
        first = np.flatnonzero(np.diff(np.nonzero(self.legal)[0], prepend=-1))
        terms = self.x[:, None] * self.rows
        mean, size = np.add.reduceat(terms, first, axis=0), np.add.reduceat(np.abs(terms), first, axis=0)
        return bool(np.abs(mean).max() <= _MEAN_ZERO * size.max())


Scores: TypeAlias = TabularScores | DenseScores


def read_scores(tree: GameTree, x: Array, scores: Array | None) -> Scores:
    """The scores at the probabilities x [V]; those of a table of logits where no matrix is given.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
        scores: [V, P] the gradient of each variable's log-probability. Rows of actions with probability 0 are not read:
            such an action is never taken, and its log-probability has no gradient.

    Raises:
        InvalidArgument: if they are no such matrix.
    """
    if scores is None:
        return TabularScores(x, tree.legal_actions)
    rows = float_array(scores, "scores")
    if rows.ndim != 2 or len(rows) != len(x) or not rows.shape[1]:
        hint = f"The game has {len(x)} variables: one row for each, one column for each parameter."
        raise invalid("a matrix with a row for each variable", "the shape of scores", rows.shape, hint)
    rows = np.where(x[:, None] > 0, rows, 0.0)
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise invalid("finite scores", f"scores[{row}]", rows[row], f"It belongs to {tree.variables[row]}.")
    return DenseScores(rows, x, tree.legal_actions)
