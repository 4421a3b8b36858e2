"""Where everything in the picture of a tree stands, and what it says. In inches to the right, in rows downwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from gradcheck.report.pictures.style import NORMAL, SMALL, number, reward
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.symbolic.terms import product_of
from gradcheck.tree.types import State

if TYPE_CHECKING:
    from gradcheck.tree.symbolic.sums import SumsAt, SymbolicSums

ROW = 0.84  # inches from one ending to the next
CURVE = 0.3  # for a line to change rows
MARGIN = 0.12
_GAP, _PADDING = 0.06, 0.12

HEADER = ("probability", "return", "product")


@final
@dataclass(frozen=True)
class Level:
    """One step of the game, from left to right.

    Attributes:
        node: the left edge of its decisions.
        choice: where the words for the actions begin.
        chance: where chance has its dot.
        reward: the left and the right edge of the rewards.
        child: the left edge of what follows.
    """

    node: float
    choice: float
    chance: float
    reward: tuple[float, float]
    child: float


@final
class TreeLayout:
    """The layout: endings are the rows 0, 1, 2, … and whatever leads to several stands between them.

    Attributes:
        child: [E] the node an edge leads to, or ``ENDS``.
        choices: the choices of each node.
        edges: the edges of each choice.
        node_row, choice_row, edge_row: how far down they stand.
        levels: of the tree.
        right: where the tree ends.
        cells: of the table beside it, a row for each ending: probability, return and product.
        columns: the right edges of its columns.
    """

    def __init__(
        self, sums: SymbolicSums, at: SumsAt, actions: Sequence[str] | None, places: Mapping[State, str]
    ) -> None:
        self._sums, self._at, self._places = sums, at, places
        self.tree: GameTree = sums.tree
        self._actions = actions or tuple(map(str, range(self.tree.game.num_actions)))
        self.child: list[int] = self.tree.edge_child.tolist()
        self.edges = _groups(self.tree.edge_choice.tolist(), len(self.tree.choice_node))
        self.choices = _groups(self.tree.choice_node.tolist(), self.tree.num_nodes)
        self.node_row: dict[int, float] = {}
        self.choice_row: dict[int, float] = {}
        self.edge_row: dict[int, float] = {}
        self._endings = 0
        for root in range(self.tree.node_levels[0].start, self.tree.node_levels[0].stop):
            self._place_below(root)
        self.levels: list[Level] = []
        self.right = MARGIN
        for depth in range(len(self.tree.node_levels)):
            self._place_level(depth)
        self.cells = self._cells()
        self.columns: list[float] = []
        for title, *column in zip(HEADER, *self.cells, strict=True):
            begin = self.columns[-1] if self.columns else self.right
            self.columns.append(begin + max(_text_width(column), _text_width([title], SMALL)) + 2 * _PADDING)

    # What is said.

    def node_lines(self, node: int) -> tuple[str, ...]:
        """A decision: the place, and what the player sees there."""
        seen = str(self.tree.observations[self.tree.node_infoset[node]])
        place = self._places.get(self.tree.state_of(node), seen)
        return (seen,) if place == seen else (place, seen)

    def reached(self, node: int) -> str:
        """How likely a decision is."""
        return f"reached {number(self._at.evaluation.node_reach[node])}"

    def choice_lines(self, choice: int) -> tuple[str, str]:
        """An action: its name and its probability."""
        variable = int(self.tree.choice_variable[choice])
        return self._actions[self.action(choice)], f"x{variable} = {number(self._at.x[variable])}"

    def action(self, choice: int) -> int:
        """The number of a choice's action."""
        return self.tree.variables[self.tree.choice_variable[choice]][1]

    def chance(self, edge: int) -> str:
        """The probability of an outcome."""
        return number(self.tree.chance_of(edge))

    def reward(self, edge: int) -> str:
        """What is received on the way."""
        return reward(self.tree.reward_of(edge))

    def ending(self, edge: int) -> str:
        """The place where an edge ends the episode."""
        state = self.tree.next_state_of(edge)
        return self._places.get(state, str(state))

    # Where it stands.

    def node_width(self, node: int) -> float:
        """The width of a decision's box."""
        return max(_text_width(self.node_lines(node)) + 2 * _PADDING, _text_width([self.reached(node)], SMALL))

    def ending_width(self, edge: int) -> float:
        """The width of an ending's box."""
        return _text_width([self.ending(edge)]) + 2 * _PADDING

    def _cells(self) -> tuple[tuple[str, str, str], ...]:
        rows = []
        for path, product in zip(self._sums.polynomials.paths, self._at.R_by_paths, strict=True):
            probability = product_of(self._at.x[v] for v in path.variables) * path.chance
            rows.append((number(probability), number(path.future_returns[0]), number(product)))
        return tuple(rows)

    def _place_below(self, node: int) -> None:
        for choice in self.choices[node]:
            for edge in self.edges[choice]:
                child = self.child[edge]
                if child == ENDS:
                    self.edge_row[edge] = self._endings
                    self._endings += 1
                else:
                    self._place_below(child)
                    self.edge_row[edge] = self.node_row[child]
            self.choice_row[choice] = _middle([self.edge_row[edge] for edge in self.edges[choice]])
        self.node_row[node] = _middle([self.choice_row[choice] for choice in self.choices[node]])

    def _place_level(self, depth: int) -> None:
        nodes = range(self.tree.node_levels[depth].start, self.tree.node_levels[depth].stop)
        edges = range(self.tree.edge_levels[depth].start, self.tree.edge_levels[depth].stop)
        choices = [choice for node in nodes for choice in self.choices[node]]
        forks = [edge for choice in choices if len(self.edges[choice]) > 1 for edge in self.edges[choice]]
        left = self.levels[-1].child if self.levels else MARGIN
        choice = left + max(map(self.node_width, nodes)) + CURVE
        chance = choice + max(_text_width(self.choice_lines(c)) for c in choices) + _GAP
        spread = CURVE + max(_text_width([self.chance(e)], SMALL) for e in forks) + _GAP if forks else 0.0
        begin = chance + spread + _GAP
        end = begin + max(0.42, *(_text_width([self.reward(edge)], SMALL) + _PADDING for edge in edges))
        child = end + 2 * _GAP
        self.levels.append(Level(left, choice, chance, (begin, end), child))
        ends = [self.ending_width(edge) for edge in edges if self.child[edge] == ENDS]
        self.right = max(self.right, child + max(ends, default=0.0))


def _groups(owners: Sequence[int], count: int) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in range(count)]
    for member, owner in enumerate(owners):
        groups[owner].append(member)
    return groups


def _middle(rows: Sequence[float]) -> float:
    return (rows[0] + rows[-1]) / 2


def _text_width(lines: Iterable[str], size: float = NORMAL) -> float:
    """About how many inches wide the widest line is: digits and letters take 0.6 of their size."""
    return max(len(line) for line in lines) * 0.6 * size / 72
