r"""The means of the sums that sampled episodes add up to, as polynomials.

At every action taken, a term is added to a sum:

* *plain*: x_i · (future return). Its mean over n episodes has two factors too many, n and p_i;
* *inverse probability*: x_i / p_i · (future return) / n, p_i being the current value, a constant. Its mean is Y;
* *log probability*: log(x_i) · (future return) / n. Another sum, whose gradient has the mean ∂Y.

Each mean is obtained by enumerating the paths an episode can take. In a discounted game the factor γ^t belongs to every
term.

The means are polynomials in x and p, but not the very polynomials that Y and ∂R are: a reward received for sure after
x0 is one term there, and here it is spread over everything that can happen later, whose probabilities p sum to 1. So
they are compared with 1 minus the others in place of the last p of every information set: equal for every policy.

Reference:
    Williams (1992), *Simple statistical gradient-following algorithms for connectionist reinforcement learning*, for
    the log-probability form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias, final

import sympy

from gradcheck.tree.symbolic.expressions import multiply, rational, surrogate_terms, write
from gradcheck.tree.symbolic.identities import SumPolynomials
from gradcheck.tree.unrolling.paths import Path

Form: TypeAlias = Literal["plain", "inverse_prob", "log_prob"]


@final
@dataclass(frozen=True, eq=False)
class SampledSums:
    """The means of the sampled sums of a game, beside what they should be according to the tree.

    Attributes:
        x: [V] the symbols of the action probabilities.
        p: [V] the symbols of their current values, with which episodes are sampled.
    """

    polynomials: SumPolynomials = field(repr=False)
    x: tuple[sympy.Symbol, ...]
    p: tuple[sympy.Symbol, ...]

    @cached_property
    def n(self) -> sympy.Symbol:
        """The number of episodes."""
        return sympy.Symbol("n")

    @cached_property
    def plain_mean(self) -> sympy.Expr:
        """The mean of Σ x_i · (future return) over n episodes, by enumerating the paths."""
        return self.n * write(self.polynomials.plain_mean, [*self.x, *self.p])

    @cached_property
    def plain_mean_terms(self) -> tuple[sympy.Expr, ...]:
        """What that mean should be, a term for each choice: n · reach · p_i · x_i · (average return after x_i)."""
        surrogate = self.polynomials.surrogate
        terms = surrogate_terms(surrogate, self.x, self.p)
        return tuple(
            multiply([self.n, self.p[choice.variable], term]) for choice, term in zip(surrogate, terms, strict=True)
        )

    @cached_property
    def inverse_prob_mean(self) -> sympy.Expr:
        """The mean of 1/n Σ x_i / p_i · (future return), by enumerating the paths."""
        return write(self.polynomials.inverse_prob_mean, [*self.x, *self.p])

    @cached_property
    def log_prob_gradient_mean(self) -> tuple[sympy.Expr, ...]:
        """The mean of ∂/∂x_j of 1/n Σ log(x_i) · (future return) at x = p, by enumerating the paths."""
        return tuple(write(partial, self.x) for partial in self.polynomials.log_prob_gradient_mean)

    @property
    def plain_is_as_told(self) -> bool:
        """Whether the plain sum's mean is the sum of ``plain_mean_terms``, for every policy p. Proved, not sampled."""
        return self.polynomials.plain_is_as_told

    @property
    def inverse_prob_is_Y(self) -> bool:
        """Whether the inverse-probability sum's mean is Y, for every policy p. Proved, not sampled."""
        return self.polynomials.inverse_prob_is_Y

    @property
    def log_prob_gradient_is_partials(self) -> bool:
        """Whether the log sum's gradient has the partials of R as its mean, for every policy. Proved, not sampled."""
        return self.polynomials.log_prob_gradient_is_partials

    def running(self, episodes: Iterable[Path], form: Form) -> Iterator[sympy.Expr]:
        """The sum after the first episode, after the second, and so on, its terms kept as they were added.

        Args:
            episodes: the paths that were sampled, in order.
            form: "plain", "inverse_prob" or "log_prob".
        """
        terms: list[sympy.Expr] = []
        for count, path in enumerate(episodes, start=1):
            for variable, factor, future in zip(path.variables, path.discounts, path.future_returns, strict=True):
                terms.append(sympy.Mul(self._summand(variable, form), rational(factor * future), evaluate=False))
            total = sympy.Add(*terms, evaluate=False) if len(terms) > 1 else terms[0]
            divided = form != "plain" and count > 1
            yield sympy.Mul(sympy.Rational(1, count), total, evaluate=False) if divided else total

    def _summand(self, variable: int, form: Form) -> sympy.Expr:
        x, p = self.x[variable], self.p[variable]
        return {"plain": x, "inverse_prob": x / p, "log_prob": sympy.log(x)}[form]
