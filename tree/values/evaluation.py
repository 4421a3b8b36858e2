"""Tree + action probabilities → the exact truth: R, reach probabilities, action values, partials.

Two passes over the tree, one forward and one backward, each vectorised over the levels. The same code computes with
rationals, in float64, and for many policies at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Array, Number
from gradcheck.tree.values.arithmetic import Arithmetic, fastest
from gradcheck.tree.values.passes import Passes, plan_of


@final
@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything exact about one policy in one game; rationals where all numbers were, float64 otherwise.

    Arrays are computed, and turned into Fractions, when they are first asked for.
    """

    tree: GameTree = field(repr=False)
    _passes: Passes = field(repr=False)

    @property
    def expected_return(self) -> Number:
        """R, the discounted return of an episode on average."""
        total = self._passes.expected_return
        return self._passes.write(np.array([total]))[0] if self._passes.exact else float(total)

    @cached_property
    def node_reach(self) -> Array:
        """[M] the probability that an episode passes the node."""
        return self._passes.write(self._passes.reach)

    @cached_property
    def node_value(self) -> Array:
        """[M] the average return from the node on, discounted from there."""
        return self._passes.write(self._passes.value[:-1])

    @cached_property
    def action_value(self) -> Array:
        """[C] the average return after each choice, discounted from there."""
        return self._passes.write(self._passes.action_value)

    @cached_property
    def reach(self) -> Array:
        """[V] the reach probability of the variable's information set, summed over its nodes.

        Where one episode can visit the information set repeatedly, it is the expected number of visits.
        """
        return self._passes.write(self._passes.sum_by_variable(self._passes.reach))

    @cached_property
    def weight(self) -> Array:
        """[V] the same with each node discounted by its time: γ^t times its reach."""
        return self._passes.write(self._weight)

    @cached_property
    def partials(self) -> Array:
        """[V] ∂R/∂x, all other probabilities held fixed: ``weight`` times ``average_return``."""
        return self._passes.write(self._partials)

    @cached_property
    def average_return(self) -> tuple[Number | None, ...]:
        """[V] the average return after the action, over its information set's nodes.

        Where their weight is 0 (no node is reached, or at discount 0 only later ones), it is the value that all nodes
        agree on, or None where they differ.
        """
        partials, weight = self.partials, self.weight
        averages: list[Number | None] = [p / w if w else None for p, w in zip(partials, weight, strict=True)]
        never = np.flatnonzero((weight == 0)[self.tree.choice_variable])
        values: dict[int, set[Number]] = {}
        for variable, value in zip(self.tree.choice_variable[never].tolist(), self.action_value[never], strict=True):
            values.setdefault(variable, set()).add(value)
        for variable, different in values.items():
            averages[variable] = different.pop() if len(different) == 1 else None
        return tuple(averages)

    @cached_property
    def _weight(self) -> Array:
        return self._passes.sum_by_variable(self._passes.discounted_reach())

    @cached_property
    def _partials(self) -> Array:
        return self._passes.partials()


def evaluate(tree: GameTree, x: Array, *, arithmetic: Arithmetic | None = None) -> Evaluation:
    r"""Compute R and all its partials at the action probabilities x.

    .. math:: \partial R / \partial x_i = \sum_{nodes\ of\ i} \gamma^{time} \; reach(node) \; Q(node, action)

    where Q is the average return after the action. x is not asked to sum to 1: R is a polynomial in x, and these
    are its values and partials anywhere.

    Args:
        tree: from ``unroll``.
        x: [V] the probability of each variable's action; an object array of Fractions, or float64.
        arithmetic: for rationals; by default the fastest there is.

    Raises:
        InvalidArgument: if returns are too large for float64.

    Reference:
        Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with function
        approximation*, theorem 1, before the chain rule to parameters.
    """
    if x.dtype == object:
        numbers = arithmetic or fastest()
        return Evaluation(tree, plan_of(tree, numbers).run(numbers.read(x)))
    with np.errstate(over="ignore", invalid="ignore"):
        passes = plan_of(tree, None).run(np.asarray(x, dtype=np.float64))
    refuse_overflow(tree, passes.value)
    return Evaluation(tree, passes)


def refuse_overflow(tree: GameTree, values: Array) -> None:
    """Refuse returns that are not finite.

    Raises:
        InvalidArgument: if there are any.
    """
    if not np.isfinite(values).all():
        hint = "Returns pass 1e308. Divide all rewards by some number; or give game and policy in rationals."
        raise invalid("a game whose returns fit in float64", "the largest reward", np.abs(tree.reward).max(), hint)
