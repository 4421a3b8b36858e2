"""Polynomials and terms as SymPy expressions, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import sympy

from gradcheck.tree.symbolic.polynomial import Polynomial, Rational
from gradcheck.tree.symbolic.terms import RewardTerm, SurrogateTerm


def write(polynomial: Polynomial, symbols: Sequence[sympy.Symbol]) -> sympy.Expr:
    """Write a polynomial as an expanded expression."""
    return sympy.Add(
        *(
            sympy.Mul(rational(coefficient), *(symbols[v] for v in monomial))
            for monomial, coefficient in polynomial.items()
        )
    )


def write_reward(term: RewardTerm, symbols: Sequence[sympy.Symbol]) -> sympy.Expr:
    """Write reward · P(receiving it)."""
    return multiply([*(symbols[v] for v in term.variables), *term.chances, term.reward])


def surrogate_terms(
    terms: Iterable[SurrogateTerm], x: Sequence[sympy.Symbol], p: Sequence[sympy.Symbol]
) -> tuple[sympy.Expr, ...]:
    """Write the terms of Y: reach · x · average, reach and average in p."""
    return tuple(
        multiply(
            [
                *(p[v] for v in term.reach_variables),
                *term.reach_chances,
                x[term.variable],
                add(write_reward(after, p) for after in term.average),
            ]
        )
        for term in terms
    )


def multiply(factors: Iterable[sympy.Expr | Fraction]) -> sympy.Expr:
    """Multiply, keeping all factors apart, a zero too; only factors of 1 are left out.

    Products of numbers alone are worked out at once: SymPy would not do it later, when symbols around them get values.
    """
    parts = [rational(factor) if isinstance(factor, Fraction) else factor for factor in factors if factor != 1]
    if len(parts) == 1:
        return parts[0]
    return sympy.Mul(*parts, evaluate=not any(part.free_symbols for part in parts))


def add(terms: Iterable[sympy.Expr]) -> sympy.Expr:
    """Add up, keeping the terms apart; numbers alone are added at once."""
    parts = list(terms)
    if len(parts) == 1:
        return parts[0]
    return sympy.Add(*parts, evaluate=not any(part.free_symbols for part in parts))


def rational(value: Rational) -> sympy.Expr:
    """A rational as SymPy's Rational."""
    return sympy.Rational(value.numerator, value.denominator)
