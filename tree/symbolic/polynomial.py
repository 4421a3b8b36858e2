"""Sparse polynomials with rational coefficients: {sorted variables of a monomial: coefficient}.

A monomial is a sorted tuple of variable numbers, in which a power is a repetition: x0·x3² is (0, 3, 3). With a variable
for each action, almost all exponents in R are zero; this layout stores none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

Monomial: TypeAlias = "tuple[int, ...]"
Rational: TypeAlias = "Fraction | int"
#: Canonical: no zero coefficients, so that two polynomials are equal when their dictionaries are.
Polynomial: TypeAlias = "dict[Monomial, Rational]"


def collect(terms: Iterable[tuple[Iterable[int], Rational]]) -> Polynomial:
    """Add up (variables, coefficient) terms.

    >>> collect([((1, 0), Fraction(2)), ((0, 1), Fraction(3)), ((2,), Fraction(0))])
    {(0, 1): Fraction(5, 1)}
    """
    total: Polynomial = {}
    for variables, coefficient in terms:
        monomial = tuple(sorted(variables))
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def derivatives(polynomial: Mapping[Monomial, Rational], count: int) -> list[Polynomial]:
    """The partial derivatives in the variables 0 … count - 1, in one pass over the terms.

    >>> derivatives({(0, 1, 1): Fraction(5)}, 2)
    [{(1, 1): Fraction(5, 1)}, {(0, 1): Fraction(10, 1)}]
    """
    partials: list[Polynomial] = [{} for _ in range(count)]
    for variable, rest, coefficient in _quotients(polynomial, count):
        partials[variable][rest] = coefficient  # different monomials have different quotients: nothing to add up
    return partials


def derivatives_renamed(polynomial: Mapping[Monomial, Rational], names: Sequence[int]) -> list[Polynomial]:
    """The partial derivatives in the first half of the variables, then ``names[v]`` in place of each variable v.

    This is how the frozen copies p become x. Terms that become the same are added up.

    >>> derivatives_renamed({(0, 3): Fraction(5), (0, 2): Fraction(1)}, [0, 1, 0, 1])
    [{(1,): Fraction(5, 1), (0,): Fraction(1, 1)}, {}]
    """
    partials: list[Polynomial] = [{} for _ in range(len(names) // 2)]
    name = names.__getitem__
    for variable, rest, coefficient in _quotients(polynomial, len(partials)):
        partial, renamed = partials[variable], tuple(sorted(map(name, rest)))
        partial[renamed] = partial[renamed] + coefficient if renamed in partial else coefficient
    for partial in partials:
        for monomial in [monomial for monomial, coefficient in partial.items() if not coefficient]:
            del partial[monomial]
    return partials


def _quotients(polynomial: Mapping[Monomial, Rational], count: int) -> Iterator[tuple[int, Monomial, Rational]]:
    """For every term and every variable below ``count`` in it: the variable, the rest, and the derivative's factor."""
    for monomial, coefficient in polynomial.items():
        before = -1
        for i, variable in enumerate(monomial):
            if variable >= count:
                break
            if variable != before:  # equal variables stand together
                power = monomial.count(variable)
                yield variable, monomial[:i] + monomial[i + 1 :], coefficient if power == 1 else coefficient * power
            before = variable


def on_simplex(polynomial: Mapping[Monomial, Rational], groups: Iterable[Sequence[int]]) -> Polynomial:
    """Put 1 minus the others in place of the last variable of every group.

    Two polynomials are equal wherever every group sums to 1 if and only if this makes them the same.

    >>> on_simplex({(0, 1): Fraction(1)}, [[0, 1]])
    {(0,): Fraction(1, 1), (0, 0): Fraction(-1, 1)}
    """
    result = dict(polynomial)
    for *others, last in groups:
        while any(last in monomial for monomial in result):
            terms: list[tuple[Monomial, Rational]] = []
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


def substitute(polynomial: Mapping[Monomial, Rational], values: Sequence[Fraction]) -> Fraction:
    """Evaluate at rational values.

    >>> substitute({(0, 1): Fraction(5)}, [Fraction(1, 2), Fraction(1, 5)])
    Fraction(1, 2)
    """
    total = Fraction(0)
    for monomial, coefficient in polynomial.items():
        term: Rational = coefficient
        for variable in monomial:
            term *= values[variable]
        total += term
    return total
