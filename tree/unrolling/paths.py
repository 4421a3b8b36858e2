"""Every path from the start of an episode to its end, one by one: brute force, without recursion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.rationals import as_rational


@final
@dataclass(frozen=True)
class Path:
    """One complete episode, in rationals.

    Attributes:
        edges: the edges of the tree it follows.
        variables: the number of the variable behind each action: (0, 3, 5) for x0, x3, x5.
        chances: the start's probability and then that of each outcome that followed.
        rewards: received at each step.
        discount: of the game.
    """

    edges: tuple[int, ...]
    variables: tuple[int, ...]
    chances: tuple[Fraction, ...]
    rewards: tuple[Fraction, ...]
    discount: Fraction = Fraction(1)

    @property
    def chance(self) -> Fraction:
        """The probability of the path, given its actions."""
        return math.prod(self.chances, start=Fraction(1))

    @property
    def future_returns(self) -> tuple[Fraction, ...]:
        """For each step the rewards from it on, discounted from it.

        >>> Path((), (0, 3, 5), (), (Fraction(3), Fraction(0), Fraction(10))).future_returns
        (Fraction(13, 1), Fraction(10, 1), Fraction(10, 1))
        """
        returns: list[Fraction] = []
        later = Fraction(0)
        for reward in reversed(self.rewards):
            later = reward + self.discount * later
            returns.append(later)
        return tuple(reversed(returns))

    @property
    def discounts(self) -> tuple[Fraction, ...]:
        """The factor γ^t of each step."""
        return tuple(self.discount**time for time in range(len(self.rewards)))


def paths(tree: GameTree) -> Iterator[Path]:
    """Enumerate the complete episodes, those that end at the same choice side by side."""
    chance, start_chance = tree.rational_chance.tolist(), tree.rational_start
    reward = tree.rational_reward.tolist()
    discount = as_rational(tree.game.discount)
    edges_of = _edges_by_node(tree)
    variable = tree.choice_variable[tree.edge_choice].tolist()
    child = tree.edge_child.tolist()

    roots = range(tree.node_levels[0].start, tree.node_levels[0].stop)
    stack: list[tuple[int, tuple[int, ...], Fraction]] = [
        (edge, (), start_chance[root]) for root in reversed(roots) for edge in reversed(edges_of[root])
    ]
    while stack:
        edge, before, start = stack.pop()
        here = (*before, edge)
        if child[edge] != ENDS:
            stack.extend((following, here, start) for following in reversed(edges_of[child[edge]]))
            continue
        yield Path(
            edges=here,
            variables=tuple(variable[e] for e in here),
            chances=(start, *(chance[e] for e in here)),
            rewards=tuple(reward[e] for e in here),
            discount=discount,
        )


def _edges_by_node(tree: GameTree) -> list[range]:
    first = tree.choice_edge[tree.node_choice].tolist()
    return [range(a, b) for a, b in zip(first, [*first[1:], tree.num_edges], strict=True)]
