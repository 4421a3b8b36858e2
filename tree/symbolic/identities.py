"""The sums as polynomials, and the identities between them, proved by comparing coefficients.

The action probabilities x are the variables 0 … V-1; their frozen copies p, the values they have now, are the
variables V … 2V-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import final

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.symbolic import expansion, modular
from gradcheck.tree.symbolic.expansion import num_terms
from gradcheck.tree.symbolic.polynomial import (
    Monomial,
    Polynomial,
    collect,
    derivatives,
    derivatives_renamed,
    on_simplex,
    without,
)
from gradcheck.tree.symbolic.terms import RewardTerm, SurrogateTerm, terms
from gradcheck.tree.unrolling.paths import Path, paths
from gradcheck.tree.values.arithmetic import without_garbage_collection

_MAX_TERMS = 3_000_000  # of Y: a gigabyte with its partials, and a dozen seconds


@final
@dataclass(frozen=True)
class Proof:
    """How an identity was decided.

    Attributes:
        holds: whether it does.
        error_probability: of finding it to hold though it does not; 0 where polynomials were compared.
    """

    holds: bool
    error_probability: float = 0.0


@final
@dataclass(frozen=True, eq=False)
class SumPolynomials:
    """R, Y, and what sampling estimates, as polynomials in x and p."""

    tree: GameTree

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every complete episode."""
        self.require_small()
        return tuple(paths(self.tree))

    @cached_property
    def rewards(self) -> tuple[RewardTerm, ...]:
        """The terms of R, summed over rewards."""
        return self._terms[0]

    @cached_property
    def surrogate(self) -> tuple[SurrogateTerm, ...]:
        """The terms of Y."""
        return self._terms[1]

    @property
    def fit(self) -> bool:
        """Whether R and Y are small enough to be multiplied out."""
        return not self.tree.merged and num_terms(self.tree) <= _MAX_TERMS

    def require_small(self) -> None:
        """Refuse to multiply out what does not fit.

        Raises:
            InvalidArgument: if the sums have too many terms.
        """
        if not self.fit:
            size = f"{self.tree.num_histories:,}" if self.tree.merged else f"{self.tree.num_nodes:,}"
            hint = f"Its tree has {size} decisions. expected_return, partials and identity_holds need no sums."
            raise invalid(f"a game whose sums have at most {_MAX_TERMS:,} terms", "game", self.tree.game, hint)

    @cached_property
    def R(self) -> Polynomial:
        """Σ reward · P(receiving it)."""
        self.require_small()
        with without_garbage_collection():
            return expansion.expected_return(self.tree)

    @cached_property
    def R_by_paths(self) -> Polynomial:
        """Σ P(path) · return(path)."""
        return collect((path.variables, path.chance * path.future_returns[0]) for path in self.paths)

    @cached_property
    def Y(self) -> Polynomial:
        """Σ reach · x · average return after it, the reach and the average in p."""
        self.require_small()
        with without_garbage_collection():
            return expansion.surrogate(self.tree)

    @cached_property
    def partials_R(self) -> list[Polynomial]:
        """The polynomials ∂R/∂x0, ∂R/∂x1, and so on."""
        polynomial = self.R
        with without_garbage_collection():
            return derivatives(polynomial, self._count)

    @cached_property
    def partials_Y(self) -> list[Polynomial]:
        """∂Y/∂x0, ∂Y/∂x1, …, then x in place of p."""
        polynomial = self.Y
        with without_garbage_collection():
            return derivatives_renamed(polynomial, [*range(self._count)] * 2)

    # The means of what is sampled, over one episode, by enumerating the paths it can take.

    @cached_property
    def plain_mean(self) -> Polynomial:
        """The mean of Σ x_i · (future return)."""
        return collect(((variable, *self._frozen(taken)), worth) for taken, variable, worth in self._steps())

    @cached_property
    def plain_mean_by_tree(self) -> Polynomial:
        """What that mean should be: every term of Y, multiplied once more with the action's own probability."""
        return collect(
            ((*monomial, *self._frozen(v for v in monomial if v < self._count)), coefficient)
            for monomial, coefficient in self.Y.items()
        )

    @cached_property
    def inverse_prob_mean(self) -> Polynomial:
        """The mean of Σ x_i / p_i · (future return): the division takes one p_i out of the path's probability."""
        return collect(
            ((variable, *self._frozen(without(taken, variable))), worth) for taken, variable, worth in self._steps()
        )

    @cached_property
    def log_prob_gradient_mean(self) -> list[Polynomial]:
        """The mean of ∂/∂x_j of Σ log(x_i) · (future return), which is Σ 1/x_j · (future return), at x = p."""
        by_variable: list[list[tuple[Monomial, Fraction]]] = [[] for _ in range(self._count)]
        for taken, variable, worth in self._steps():
            by_variable[variable].append((without(taken, variable), worth))
        return [collect(steps) for steps in by_variable]

    # The identities. Those that say "on the simplex" hold where the probabilities of each information set sum to 1.

    @cached_property
    def forms_agree(self) -> bool:
        """R by paths = R by rewards, on the simplex."""
        return self._same([self.R], [self.R_by_paths])

    @cached_property
    def identity(self) -> Proof:
        """∂Y/∂x_i at p = x is ∂R/∂x_i, for every i and everywhere: as polynomials, or at random points."""
        if self.fit:
            return Proof(self.partials_Y == self.partials_R)
        rounds = modular.rounds_needed(self.tree)
        return Proof(modular.identity_holds(self.tree), modular.error_probability(self.tree, rounds))

    @cached_property
    def plain_is_as_told(self) -> bool:
        """The plain sum's mean is Y with one factor too many in every term, the action's own probability."""
        return self._same([self.plain_mean], [self.plain_mean_by_tree], frozen=True)

    @cached_property
    def inverse_prob_is_Y(self) -> bool:
        """The inverse-probability sum's mean is Y, on the simplex."""
        return self._same([self.inverse_prob_mean], [self.Y], frozen=True)

    @cached_property
    def log_prob_gradient_is_partials(self) -> bool:
        """The mean of the log sum's gradient is the gradient of R, on the simplex."""
        return self._same(self.log_prob_gradient_mean, self.partials_R)

    @property
    def _count(self) -> int:
        return len(self.tree.variables)

    @cached_property
    def _terms(self) -> tuple[tuple[RewardTerm, ...], tuple[SurrogateTerm, ...]]:
        self.require_small()
        return terms(self.tree)

    def _frozen(self, variables: Iterator[int] | tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self._count + v for v in variables)

    def _same(self, left: list[Polynomial], right: list[Polynomial], *, frozen: bool = False) -> bool:
        """Equal wherever the variables, or the frozen probabilities, of each information set sum to 1."""
        shift = self._count if frozen else 0
        groups = [[v + shift for v in row if v >= 0] for row in self.tree.variable_of.tolist()]
        return [on_simplex(p, groups) for p in left] == [on_simplex(p, groups) for p in right]

    def _steps(self) -> Iterator[tuple[tuple[int, ...], int, Fraction]]:
        """For every step of every path: the path's actions, the step's own, and P(outcomes) · γ^t · future return."""
        for path in self.paths:
            for variable, factor, future in zip(path.variables, path.discounts, path.future_returns, strict=True):
                yield path.variables, variable, path.chance * factor * future
