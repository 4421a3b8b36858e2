r"""R and the surrogate sum Y in x0, x1, … as SymPy expressions, all their partials, and the proof that these are equal.

.. math::
    R = \sum_{paths} P(path)\, return(path) = \sum_{rewards} reward \cdot P(receiving\ it)

    Y = \sum_{choices} \gamma^{time}\, reach_p(node)\; x_i\; average_p(return\ after\ the\ choice)

In Y only x_i is a variable; the reach and the average are made of frozen copies p of the same probabilities. Y is not
R, but ∂Y/∂x_i at p = x is ∂R/∂x_i, identically.

Reference:
    Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with function
    approximation*, theorem 1; the two forms of R and the sum Y follow Elliot Waite (2020), *Policy Gradient Theorem
    Explained*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import final

import sympy

from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import as_distribution, object_array
from gradcheck.tree.symbolic.expressions import add, multiply, surrogate_terms, write, write_reward
from gradcheck.tree.symbolic.identities import Proof, SumPolynomials
from gradcheck.tree.symbolic.polynomial import Polynomial, substitute
from gradcheck.tree.symbolic.sampled_sums import SampledSums
from gradcheck.tree.symbolic.terms import product_of
from gradcheck.tree.types import Observation
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import Evaluation, evaluate
from gradcheck.tree.values.policy_table import PolicyTable, read_rows

_MAX_HISTORIES = 1_000_000  # decisions of a tree; its graph stands in for a larger one


@final
@dataclass(frozen=True, eq=False)
class SymbolicSums:
    """R and Y of a game in x0, x1, …, as SymPy expressions to print, substitute and export.

    Floats in the game are read as the decimals they print as (0.1 is 1/10), so that everything here is exact.
    ``R_by_paths``, ``R_by_rewards`` and ``Y`` keep every term apart, terms of reward zero too: the formulas then hold
    for other rewards. (Products of numbers alone, such as chance · reward, are worked out.) Expressions are made when
    they are first asked for.
    """

    polynomials: SumPolynomials = field(repr=False)

    def __repr__(self) -> str:
        return f"SymbolicSums of {len(self.variables)} variables and {self.tree.num_histories:,} decisions"

    @property
    def tree(self) -> GameTree:
        """The unrolled game."""
        return self.polynomials.tree

    @property
    def variables(self) -> tuple[tuple[Observation, int], ...]:
        """The (observation, action) behind each x."""
        return self.tree.variables

    @cached_property
    def x(self) -> tuple[sympy.Symbol, ...]:
        """The action probabilities x0, x1, …, one for each information set and legal action."""
        return tuple(sympy.Symbol(f"x{i}") for i in range(len(self.variables)))

    @cached_property
    def p(self) -> tuple[sympy.Symbol, ...]:
        """Their frozen copies p0, p1, …: the current values, which Y takes as constants."""
        return tuple(sympy.Symbol(f"p{i}") for i in range(len(self.variables)))

    @cached_property
    def R(self) -> sympy.Expr:
        """The expected return, as an expanded polynomial in x."""
        return write(self.polynomials.R, self.x)

    @cached_property
    def R_by_paths(self) -> sympy.Expr:
        """The expected return, summed over the paths: P(path) · return(path)."""
        return add(
            multiply([*(self.x[v] for v in path.variables), *path.chances, path.future_returns[0]])
            for path in self.polynomials.paths
        )

    @cached_property
    def R_by_rewards(self) -> sympy.Expr:
        """The expected return, summed over the rewards: reward · P(receiving it)."""
        return add(write_reward(term, self.x) for term in self.polynomials.rewards)

    @cached_property
    def Y(self) -> sympy.Expr:
        """The surrogate sum, in x and the frozen p."""
        return add(self.Y_terms)

    @cached_property
    def Y_terms(self) -> tuple[sympy.Expr, ...]:
        """The terms of Y, one for each choice of the tree: reach · x · average."""
        return surrogate_terms(self.polynomials.surrogate, self.x, self.p)

    @cached_property
    def partials_R(self) -> tuple[sympy.Expr, ...]:
        """The expressions ∂R/∂x0, ∂R/∂x1, and so on."""
        return tuple(write(partial, self.x) for partial in self.polynomials.partials_R)

    @cached_property
    def partials_Y(self) -> tuple[sympy.Expr, ...]:
        """∂Y/∂x0, ∂Y/∂x1, … at p = x."""
        return tuple(write(partial, self.x) for partial in self.polynomials.partials_Y)

    @cached_property
    def sampled(self) -> SampledSums:
        """What sampled episodes add up to, on average: the plain, the 1/p and the log sum."""
        return SampledSums(self.polynomials, self.x, self.p)

    @property
    def forms_agree(self) -> bool:
        """Whether the sums over paths and over rewards are equal for every policy. Proved, not sampled.

        They are different polynomials, equal where the probabilities of each information set sum to 1: a reward of 3
        received for sure after x0 is 3·x0 in one and 3·x0·x2 + 3·x0·x3 in the other. So are their partials: those of
        the sum over rewards are reach × average future return, those of the sum over paths hold past rewards too.
        """
        return self.polynomials.forms_agree

    @property
    def identity_holds(self) -> bool:
        """Whether ∂Y/∂x_i at p = x and ∂R/∂x_i are one polynomial, for every i. Proved, not sampled (see ``proof``)."""
        return self.proof.holds

    @property
    def proof(self) -> Proof:
        """How ``identity_holds`` was decided.

        By comparing coefficients where the polynomials can be written down; else by their values at random points
        modulo a prime, with the probability of an error: at most 1e-15.
        """
        return self.polynomials.identity

    def at(self, policy: PolicyTable) -> SumsAt:
        """Everything at a policy's values, in exact rationals.

        Args:
            policy: ``{observation: probabilities}``; floats are read as the decimals they print as, or as fractions
                such as 1/3, so that each row sums to 1.

        Raises:
            InvalidArgument: if the table does not fit the game.
        """
        x = [probability for row in read_rows(self.tree, policy) for probability in as_distribution(row)]
        sums = self.polynomials

        def value(polynomial: Polynomial, values: Sequence[Fraction]) -> Fraction:
            return substitute(polynomial, values)

        def probability(variables: Sequence[int]) -> Fraction:
            return product_of(x[v] for v in variables)

        return SumsAt(
            x=tuple(x),
            R=value(sums.R, x),
            R_by_paths=tuple(probability(p.variables) * p.chance * p.future_returns[0] for p in sums.paths),
            R_by_rewards=tuple(probability(term.variables) * term.coefficient for term in sums.rewards),
            R_by_steps=tuple(
                sum((probability(t.variables) * t.coefficient for t in sums.rewards[level]), start=Fraction(0))
                for level in self.tree.edge_levels
            ),
            Y=value(sums.Y, [*x, *x]),
            partials_R=tuple(value(partial, x) for partial in sums.partials_R),
            partials_Y=tuple(value(partial, x) for partial in sums.partials_Y),
            evaluation=evaluate(self.tree, object_array(x)),
        )


@final
@dataclass(frozen=True, eq=False)
class SumsAt:
    """The sums at one policy, in exact rationals.

    Attributes:
        x: [V] the action probabilities.
        R: the expected return.
        R_by_paths: its terms, one for each path.
        R_by_rewards: its terms, one for each reward that can be received.
        R_by_steps: the same, added up over each step.
        Y: the surrogate sum at p = x.
        partials_R, partials_Y: [V] at p = x.
        evaluation: reach probabilities and action values, from the tree rather than from the polynomials.
    """

    x: tuple[Fraction, ...]
    R: Fraction
    R_by_paths: tuple[Fraction, ...]
    R_by_rewards: tuple[Fraction, ...]
    R_by_steps: tuple[Fraction, ...]
    Y: Fraction
    partials_R: tuple[Fraction, ...]
    partials_Y: tuple[Fraction, ...]
    evaluation: Evaluation = field(repr=False)


def symbolic_sums(game: Game | GameTree) -> SymbolicSums:
    """Build R and Y of a game as polynomials in its action probabilities.

    Args:
        game: any finite game, or its tree where that is at hand.

    >>> from gradcheck.tree.games.robot import robot
    >>> sums = symbolic_sums(robot())
    >>> sums.R
    -10*x0*x2 + 9*x0*x3*x5 - x0*x3 + 3*x0 + 10*x1
    >>> sums.partials_Y
    (-10*x2 + 9*x3*x5 - x3 + 3, 10, -10*x0, 9*x0*x5 - x0, 0, 9*x0*x3)
    >>> sums.identity_holds
    True

    Reference:
        Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with function
        approximation*, theorem 1.
    """
    tree = unroll(game)
    if tree.merged and tree.num_histories <= _MAX_HISTORIES:
        tree = unroll(tree, merge=False)
    return SymbolicSums(SumPolynomials(tree))
