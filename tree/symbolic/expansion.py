"""Tree → R and Y multiplied out: every reward with the actions that lead to it, as sparse polynomials.

One walk down the tree hands each edge the actions that lead to it and their coefficient. In a game that can end in
100,000 ways the polynomials have a million terms: they share numbers and tuples, and are made only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.rationals import as_rational
from gradcheck.tree.symbolic.polynomial import Monomial, Polynomial


def num_terms(tree: GameTree) -> int:
    """How many terms Y has before equal ones are added up: one for each action up to each edge."""
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
        actions = _sorted(variables)
        frozen = tuple([frozen_copy[v] for v in actions])
        for i, variable in enumerate(actions):  # each has a term of its own, in which it alone is not frozen
            monomial = (variable, *frozen[:i], *frozen[i + 1 :])
            total[monomial] = total[monomial] + coefficient if monomial in total else coefficient
    return _without_zeros(total)


def _rewards(tree: GameTree) -> Iterator[tuple[Monomial, Fraction | int]]:
    """For each edge with a reward: the variables of the actions up to it, and reward · chance · γ^t."""
    chance = [_short(value) for value in tree.rules.rational_chance]
    reward = [_short(value) for value in tree.rules.rational_reward]
    discount = _short(as_rational(tree.game.discount))
    actions: list[Monomial] = [()] * tree.num_nodes
    factor: list[Fraction | int] = [*map(_short, tree.rational_start[: tree.num_roots]), *[0] * tree.num_nodes]
    edges = zip(
        tree.edge_rule.tolist(),
        tree.edge_node.tolist(),
        tree.choice_variable[tree.edge_choice].tolist(),
        tree.edge_child.tolist(),
        strict=True,
    )
    for rule, node, variable, child in edges:
        here = (*actions[node], variable)
        passing = factor[node] if chance[rule] == 1 else factor[node] * chance[rule]
        if child != ENDS:
            actions[child] = here
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
