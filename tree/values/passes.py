"""Two passes over a tree, one forward and one backward, in any kind of numbers.

They leave the reach of each node and the value of each choice; everything exact about a policy is made of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import as_rational
from gradcheck.tree.types import Array
from gradcheck.tree.values.arithmetic import FRACTIONS, Arithmetic
from gradcheck.tree.values.blocks import ContinuingEdges, blocks, gather
from gradcheck.tree.values.segment_sums import Segments

# Edges of a block: its arrays, a handful, should fit the second-level cache.
_BLOCK = 32_768  # of 8 bytes
_COLUMN_BLOCK = 2_048  # of a few dozen times 8 bytes


@final
@dataclass(frozen=True, eq=False)
class Passes:
    """The results of the two passes, in the numbers they computed in; with a column for each policy, if there are many.

    Attributes:
        plan: what was followed.
        reach: [M] of each node.
        value: [M + 1] of each node; the last is 0, for choices after which nothing comes.
        action_value: [C] of each choice.
        scratch: [C] room that every run overwrites: new memory costs as much as the arithmetic.
    """

    plan: Plan
    reach: Array
    value: Array
    action_value: Array
    scratch: Array

    @property
    def exact(self) -> bool:
        """Whether the numbers are rationals."""
        return self.reach.dtype == object

    def write(self, values: Array) -> Array:
        """Rationals as Fractions, floats as they are."""
        return self.plan.arithmetic.write(values) if self.exact else values

    @property
    def expected_return(self) -> Any:
        """R; [B] of them, if there are many policies."""
        roots = self.plan.tree.node_levels[0]
        return np.add.reduce(self.reach[roots] * self.value[roots])

    def discounted_reach(self) -> Array:
        """[M] the reach of each node times γ^t."""
        if self.plan.discount == 1:
            return self.reach
        powers = self.plan.column(self.plan.discounts[self.plan.tree.node_time])
        return self.reach * powers

    def partials(self) -> Array:
        """[V] ∂R/∂x: the sum over choices of discounted reach times action value."""
        by_choice = self.scratch
        self.discounted_reach().take(self.plan.tree.choice_node, axis=0, out=by_choice, mode="clip")
        by_choice *= self.action_value
        return self.plan.by_variable(by_choice)

    def sum_by_variable(self, by_node: Array) -> Array:
        """[V] what the nodes of each variable's information set add up to."""
        return self.plan.by_variable(by_node.take(self.plan.tree.choice_node, axis=0))


@final
class Plan:
    """A tree prepared for passes over it in one kind of numbers.

    Args:
        tree: to pass over.
        arithmetic: of the rationals; None for float64.
        columns: whether there are many policies, a column for each.
    """

    def __init__(self, tree: GameTree, arithmetic: Arithmetic | None, *, columns: bool = False) -> None:
        self.tree = tree
        self.arithmetic = arithmetic or FRACTIONS
        self._columns = columns
        self._exact = arithmetic is not None
        rules, edges = tree.rules, tree.edge_rule
        if arithmetic is None:
            chance, reward = rules.chance, rules.reward
            start, discount, self.zero = tree.start[: tree.num_roots], float(tree.game.discount), 0.0
        else:
            chance = arithmetic.read(rules.rational_chance)
            reward = arithmetic.read(rules.rational_reward)
            start = arithmetic.read(rules.rational_start)
            discount, self.zero = arithmetic.read([as_rational(tree.game.discount), Fraction(0)])
        self.discount = discount
        self.discounts = np.array([discount**time for time in range(len(tree.node_levels))], dtype=chance.dtype)
        self._start = self.column(start)
        mean_reward = np.add.reduceat(chance * reward, rules.choice_edge[:-1])[tree.choice_rule]
        self.blocks = blocks(
            tree, self.column(chance[edges]), self.column(mean_reward), size=_COLUMN_BLOCK if columns else _BLOCK
        )
        self._by_variable = Segments.scattered(tree.choice_variable, len(tree.variables))

    def column(self, numbers: Array) -> Array:
        """The same for every policy, if there are many."""
        return numbers[:, None] if self._columns else numbers

    def by_variable(self, by_choice: Array) -> Array:
        """[V] the sums over the choices of each variable."""
        return self._by_variable.total(by_choice)

    def run(self, x: Array, into: Passes | None = None) -> Passes:
        """Pass forward for the reach of each node, backward for its value.

        Args:
            x: [V], or [V, B] for B policies in columns.
            into: the results of an earlier run, to be overwritten.
        """
        more = x.shape[1:]
        if into is None or into.reach.shape[1:] != more:
            reach = np.empty((self.tree.num_nodes, *more), dtype=x.dtype)
            action_value = np.empty((self.tree.num_choices, *more), dtype=x.dtype)
            value = np.full((self.tree.num_nodes + 1, *more), self.zero, dtype=x.dtype)
            into = Passes(self, reach, value, action_value, np.empty_like(action_value))
        reach, value, action_value = into.reach, into.value, into.action_value
        if self.tree.merged:
            reach[:] = self.zero
        reach[: len(self._start)] = self._start
        taken = x
        if self._by_variable.width != 1:  # with "clip", numpy writes to ``out`` without a copy between
            taken = x.take(self.tree.choice_variable, axis=0, out=into.scratch, mode="clip")
        for block in self.blocks:
            if block.continuing is not None:
                self._forward(block.continuing, reach, taken)
        for block in reversed(self.blocks):
            here = action_value[block.choices]
            if block.continuing is None:
                here[:] = self.zero if block.mean_reward is None else block.mean_reward
            else:
                self._backward(block.continuing, block.mean_reward, value, here)
            value[block.nodes] = block.by_node.total(here * taken[block.choices])
        return into

    def _forward(self, going: ContinuingEdges, reach: Array, taken: Array) -> None:
        """Add the probability of passing each edge to the reach of the node it leads to."""
        passing = gather(reach, going.node) * gather(taken, going.choice)
        if going.chance is not None:
            passing *= going.chance
        if not self.tree.merged:
            reach[going.child] = passing
        elif going.arrivals is None:
            reach[going.child] += passing
        else:
            by_child, children = going.arrivals
            reach[children] += by_child.total(passing)

    def _backward(self, going: ContinuingEdges, mean_reward: Array | None, value: Array, action_value: Array) -> None:
        """The mean reward of each choice, and the value of the nodes it leads to."""
        if going.child_of_choice is not None:
            value.take(going.child_of_choice, axis=0, out=action_value, mode="clip")
            if self.discount != 1:
                action_value *= self.discount
            if mean_reward is not None:
                action_value += mean_reward
            return
        action_value[:] = self.zero if mean_reward is None else mean_reward
        after = gather(value, going.child)
        if going.chance is not None:
            after = after * going.chance
        if self.discount != 1:
            after = after * self.discount
        by_choice = going.by_choice.total(after)
        if going.choices_with is None:
            action_value += by_choice
        else:
            action_value[going.choices_with] += by_choice


def plan_of(tree: GameTree, arithmetic: Arithmetic | None, *, columns: bool = False) -> Plan:
    """The plan for a tree, made once for each kind of numbers.

    Args:
        tree: to pass over.
        arithmetic: of the rationals; None for float64.
        columns: whether there are many policies, a column for each.
    """
    key = ("plan", arithmetic and arithmetic.name, columns)
    if key not in tree.prepared:
        tree.prepared[key] = Plan(tree, arithmetic, columns=columns)
    return tree.prepared[key]
