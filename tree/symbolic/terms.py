"""Tree → the terms of the sums: every reward that can be received, and what each choice adds to Y."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import as_rational


class RewardTerm(NamedTuple):
    """A reward with the actions and chances it takes to receive it."""

    variables: tuple[int, ...]
    chances: tuple[Fraction, ...]
    reward: Fraction

    @property
    def coefficient(self) -> Fraction:
        """The number that the variables are multiplied with."""
        return product_of(self.chances) * self.reward


class SurrogateTerm(NamedTuple):
    """One choice's part of Y: reach · x · average, the reach and the average in frozen probabilities."""

    variable: int
    reach_variables: tuple[int, ...]
    reach_chances: tuple[Fraction, ...]
    average: tuple[RewardTerm, ...]


def terms(tree: GameTree) -> tuple[tuple[RewardTerm, ...], tuple[SurrogateTerm, ...]]:
    """Walk from every reward up to the start: it is part of the average after each choice that is passed."""
    discount = as_rational(tree.game.discount)
    chance, start = tree.rational_chance.tolist(), tree.rational_start
    reward = tree.rational_reward.tolist()
    choice, variable = tree.edge_choice.tolist(), tree.choice_variable.tolist()
    node_of_choice = tree.choice_node.tolist()
    edge_into = np.full(tree.num_nodes, -1)
    goes_on = np.flatnonzero(tree.edge_child >= 0)
    edge_into[tree.edge_child[goes_on]] = goes_on
    parent = edge_into.tolist()

    def actions_before(node: int) -> tuple[tuple[int, ...], tuple[Fraction, ...]]:
        variables: list[int] = []
        chances: list[Fraction] = []
        while (edge := parent[node]) >= 0:
            variables.append(variable[choice[edge]])
            chances.append(chance[edge])
            node = node_of_choice[choice[edge]]
        return tuple(reversed(variables)), (start[node], *reversed(chances))

    before = [actions_before(node) for node in range(tree.num_nodes)]
    averages: list[list[RewardTerm]] = [[] for _ in variable]
    rewards: list[RewardTerm] = []
    for edge in range(tree.num_edges):
        worth = reward[edge]
        above = edge
        variables: tuple[int, ...] = ()
        chances: tuple[Fraction, ...] = (chance[edge],)
        while True:
            averages[choice[above]].append(RewardTerm(variables, chances, worth))
            variables = (variable[choice[above]], *variables)
            node = node_of_choice[choice[above]]
            if parent[node] < 0:
                break
            above = parent[node]
            worth, chances = discount * worth, (chance[above], *chances)
        rewards.append(RewardTerm(variables, (start[node], *chances), worth))
    surrogate = []
    for index, node in enumerate(node_of_choice):
        reach_variables, reach_chances = before[node]
        weight = discount ** int(tree.node_time[node])
        surrogate.append(
            SurrogateTerm(variable[index], reach_variables, (weight, *reach_chances), tuple(averages[index]))
        )
    return tuple(rewards), tuple(surrogate)


def product_of(factors: Iterable[Fraction]) -> Fraction:
    """The product of rationals, 1 where there are none."""
    return math.prod(factors, start=Fraction(1))
