"""Tree → R and Y multiplied out: every reward with the actions on the way to it, as sparse polynomials.

The walk goes down the tree once and hands each edge the actions and the coefficient of the way to it. A game of 100,000
ends has polynomials of a million terms: they are made of shared numbers and tuples, and only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.rationals import as_rational
from gradcheck.tree.symbolic.polynomial import Monomial, Polynomial


def num_terms(tree: GameTree) -> int:
    """How many terms Y has before any coincide: one for each choice on the way to each edge."""
    sizes = [level.stop - level.start for level in tree.edge_levels]
    return sum(time * size for time, size in enumerate(sizes, start=1))


def expected_return(tree: GameTree) -> Polynomial:
    """R = Σ reward · P(receiving it), discounted."""
    total: Polynomial = {}
    for variables, coefficient in _rewards(tree):
        monomial = _sorted(variables)
        total[monomial] = total[monomial] + coefficient if monomial in total else coefficient
    return _without_zeros(total)


def surrogate(tree: GameTree) -> Polynomial:
    """Y = Σ reach · x · average return after it; V + i stands for the frozen copy of variable i."""
    count = len(tree.variables)
    frozen_copy = list(range(count, 2 * count))
    total: Polynomial = {}
    for variables, coefficient in _rewards(tree):
        way = _sorted(variables)
        frozen = tuple([frozen_copy[v] for v in way])
        for i, variable in enumerate(way):  # each choice on the way has its own term, in which its x is not frozen
            monomial = (variable, *frozen[:i], *frozen[i + 1 :])
            total[monomial] = total[monomial] + coefficient if monomial in total else coefficient
    return _without_zeros(total)


def _rewards(tree: GameTree) -> Iterator[tuple[Monomial, Fraction | int]]:
    """For each edge with a reward: the variables on the way to it, itself included, and reward · chance · γ^t."""
    chance = [_short(value) for value in tree.rules.rational_chance]
    reward = [_short(value) for value in tree.rules.rational_reward]
    discount = _short(as_rational(tree.game.discount))
    way: list[Monomial] = [()] * tree.num_nodes
    factor: list[Fraction | int] = [*map(_short, tree.rational_start[: tree.num_roots]), *[0] * tree.num_nodes]
    edges = zip(
        tree.edge_rule.tolist(),
        tree.edge_node.tolist(),
        tree.choice_variable[tree.edge_choice].tolist(),
        tree.edge_child.tolist(),
        strict=True,
    )
    for rule, node, variable, child in edges:
        here = (*way[node], variable)
        passing = factor[node] if chance[rule] == 1 else factor[node] * chance[rule]
        if child != ENDS:
            way[child] = here
            factor[child] = passing if discount == 1 else passing * discount
        if reward[rule]:
            yield here, passing * reward[rule]


def _short(value: Fraction) -> Fraction | int:
    """A whole number as an int, which computes ten times as fast."""
    return value.numerator if value.denominator == 1 else value


def _sorted(variables: Monomial) -> Monomial:
    return tuple(sorted(variables))


def _without_zeros(total: Polynomial) -> Polynomial:
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
