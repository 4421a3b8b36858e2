"""Sparse polynomials with rational coefficients: {sorted variables of a monomial: coefficient}.

A monomial is a sorted tuple of variable numbers, a power being a repetition: x0·x3² is (0, 3, 3). With one variable for
each action almost all exponents in R are zero, and this layout never stores a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

Monomial: TypeAlias = "tuple[int, ...]"
#: Canonical: no zero coefficients, so that two polynomials are equal when their dictionaries are.
Polynomial: TypeAlias = "dict[Monomial, Fraction]"


def collect(terms: Iterable[tuple[Iterable[int], Fraction]]) -> Polynomial:
    """Add up (variables, coefficient) terms.

    >>> collect([((1, 0), Fraction(2)), ((0, 1), Fraction(3)), ((2,), Fraction(0))])
    {(0, 1): Fraction(5, 1)}
    """
    total: Polynomial = {}
    for variables, coefficient in terms:
        monomial = tuple(sorted(variables))
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def derivatives(polynomial: Mapping[Monomial, Fraction], variables: Iterable[int]) -> list[Polynomial]:
    """All partial derivatives in one pass over the terms.

    >>> derivatives({(0, 3, 3): Fraction(5)}, [0, 3])
    [{(3, 3): Fraction(5, 1)}, {(0, 3): Fraction(10, 1)}]
    """
    partials: dict[int, Polynomial] = {variable: {} for variable in variables}
    for monomial, coefficient in polynomial.items():
        for variable in set(monomial) & partials.keys():
            # Different monomials have different quotients, so nothing has to be added up here.
            partials[variable][without(monomial, variable)] = coefficient * monomial.count(variable)
    return list(partials.values())


def rename(polynomial: Mapping[Monomial, Fraction], new: Callable[[int], int]) -> Polynomial:
    """Put other variables in place of the variables; this is how the frozen copies p become x."""
    return collect((map(new, monomial), coefficient) for monomial, coefficient in polynomial.items())


def on_simplex(polynomial: Mapping[Monomial, Fraction], groups: Iterable[Sequence[int]]) -> Polynomial:
    """Put 1 minus the others in place of the last variable of every group.

    Two polynomials are equal wherever each group sums to 1 exactly when this makes them the same.

    >>> on_simplex({(0, 1): Fraction(1)}, [[0, 1]])
    {(0,): Fraction(1, 1), (0, 0): Fraction(-1, 1)}
    """
    result = dict(polynomial)
    for *others, last in groups:
        while any(last in monomial for monomial in result):
            terms: list[tuple[Monomial, Fraction]] = []
            for monomial, coefficient in result.items():
                if last not in monomial:
                    terms.append((monomial, coefficient))
                    continue
                rest = without(monomial, last)
                terms.append((rest, coefficient))
                terms.extend(((*rest, other), -coefficient) for other in others)
            result = collect(terms)
    return result


def without(monomial: Monomial, variable: int) -> Monomial:
    """The monomial divided by one of its variables.

    >>> without((0, 3, 3), 3)
    (0, 3)
    """
    i = monomial.index(variable)
    return monomial[:i] + monomial[i + 1 :]


def substitute(polynomial: Mapping[Monomial, Fraction], values: Sequence[Fraction]) -> Fraction:
    """Evaluate at rational values.

    >>> substitute({(0, 1): Fraction(5)}, [Fraction(1, 2), Fraction(1, 5)])
    Fraction(1, 2)
    """
    total = Fraction(0)
    for monomial, coefficient in polynomial.items():
        term = coefficient
        for variable in monomial:
            term *= values[variable]
        total += term
    return total
