"""Game → tree: every history of a game as flat arrays, level by level; or equal histories merged into a graph.

A *node* is a decision: a history after which the player acts. A *choice* is a node with one of its legal
actions. An *edge* is a choice with one of its chance outcomes; it leads to a node of the next level, or ends the
episode. Nodes stand breadth-first, the choices of a node side by side, the edges of a choice side by side.

Two histories that end in the same state after the same number of steps have the same future. As a *graph*, they are one
node, which several edges lead to; everything that is summed over histories comes out the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any, final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game, Observation, State
from gradcheck.tree.rationals import Number
from gradcheck.tree.types import Array
from gradcheck.tree.unrolling.levels import ENDS, Level, as_graph, as_tree, histories
from gradcheck.tree.unrolling.memory_limit import Limit
from gradcheck.tree.unrolling.rules import Rules, explore

__all__ = ["ENDS", "Array", "GameTree", "unroll"]


@final
@dataclass(frozen=True, eq=False)
class GameTree:
    """Every history of a game. M nodes, C choices, E edges, V variables, I information sets, A actions.

    Attributes:
        rules: of the game: its states, and what they allow.
        merged: whether histories with equal state and time are one node (a graph), or every history is its own.
        variables: [V] the (observation, action) behind each x0, x1, …: by information set, then by action.
        variable_of: [I, A] the number of that variable, -1 where the action is illegal.
        node_state: [M] the number of each node's state, in ``rules.states``.
        node_choice: [M] the first choice of each node.
        choice_rule: [C] the choice in ``rules``.
        choice_node, choice_variable: [C] whose choice it is, and of what.
        choice_edge: [C] the first edge of each choice.
        edge_rule: [E] the outcome in ``rules``.
        edge_child: [E] the node it leads to, or -1 where the episode ends.
        node_levels, choice_levels, edge_levels: the slices of each level.
        prepared: what passes over the tree need and keep for the next time.
    """

    rules: Rules = field(repr=False)
    merged: bool
    variables: tuple[tuple[Observation, int], ...]
    variable_of: Array = field(repr=False)
    node_state: Array = field(repr=False)
    node_choice: Array = field(repr=False)
    choice_rule: Array = field(repr=False)
    choice_node: Array = field(repr=False)
    choice_variable: Array = field(repr=False)
    choice_edge: Array = field(repr=False)
    edge_rule: Array = field(repr=False)
    edge_child: Array = field(repr=False)
    node_levels: tuple[slice, ...] = field(repr=False)
    choice_levels: tuple[slice, ...] = field(repr=False)
    edge_levels: tuple[slice, ...] = field(repr=False)
    prepared: dict[object, Any] = field(default_factory=dict, repr=False)

    @property
    def game(self) -> Game:
        """Where the tree comes from."""
        return self.rules.game

    @property
    def exact(self) -> bool:
        """Whether every number of the game is rational."""
        return self.rules.exact

    @property
    def observations(self) -> tuple[Observation, ...]:
        """[I] what the player sees in each information set, in breadth-first order of first visit."""
        return self.rules.observations

    @property
    def num_nodes(self) -> int:
        """M, the number of decisions."""
        return len(self.node_state)

    @property
    def num_choices(self) -> int:
        """C, the number of decisions with one of their actions."""
        return len(self.choice_rule)

    @property
    def num_edges(self) -> int:
        """E, the number of outcomes."""
        return len(self.edge_rule)

    @property
    def num_roots(self) -> int:
        """The number of nodes of the first level, where episodes begin."""
        return self.node_levels[0].stop

    @cached_property
    def num_histories(self) -> int:
        """How many nodes there are, or would be, in the tree of all histories: exact, however large."""
        return sum(map(sum, histories(self))) if self.merged else self.num_nodes

    @property
    def num_history_edges(self) -> int:
        """How many edges that tree has, or would have."""
        edges_of = np.diff(self.choice_edge[self.node_choice], append=self.num_edges).tolist()
        every = chain.from_iterable(histories(self))
        return sum(count * edges for count, edges in zip(every, edges_of, strict=True))

    @property
    def legal_actions(self) -> Array:
        """[I, A] bool: what is legal in each information set."""
        return self.variable_of >= 0

    @cached_property
    def node_infoset(self) -> Array:
        """[M] the information set of each node."""
        return self.rules.state_infoset[self.node_state]

    @cached_property
    def node_time(self) -> Array:
        """[M] the number of steps before it."""
        return np.repeat(np.arange(len(self.node_levels)), [level.stop - level.start for level in self.node_levels])

    @cached_property
    def edge_choice(self) -> Array:
        """[E] the choice of each edge."""
        return np.repeat(np.arange(self.num_choices), np.diff(self.choice_edge, append=self.num_edges))

    @cached_property
    def edge_node(self) -> Array:
        """[E] the node each edge comes from."""
        return self.choice_node[self.edge_choice]

    @cached_property
    def start(self) -> Array:
        """[M] float64: the probability that the episode begins at the node; 0 outside the first level."""
        start = np.zeros(self.num_nodes)
        start[: self.num_roots] = [float(chance) for chance in self.rules.start_chance]
        return start

    @cached_property
    def chance(self) -> Array:
        """[E] float64: the probability of the outcome, given the choice."""
        return self.rules.chance[self.edge_rule]

    @cached_property
    def reward(self) -> Array:
        """[E] float64: received on the way."""
        return self.rules.reward[self.edge_rule]

    @cached_property
    def rational_start(self) -> tuple[Fraction, ...]:
        """[M] the start probabilities in rationals; those of the first level sum to 1 exactly, floats or not."""
        return (*self.rules.rational_start, *[Fraction(0)] * (self.num_nodes - self.num_roots))

    @cached_property
    def rational_chance(self) -> Array:
        """[E] the chances as Fractions; those of each choice sum to 1 exactly, floats or not."""
        return self.rules.rational_chance[self.edge_rule]

    @cached_property
    def rational_reward(self) -> Array:
        """[E] the rewards as Fractions; floats are read as the decimals they print as."""
        return self.rules.rational_reward[self.edge_rule]

    def __getstate__(self) -> dict[str, Any]:
        # What is worked out from the fields is worked out again: it is large, and not all of it can be pickled.
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"prepared": {}}

    def state_of(self, node: int) -> State:
        """The state of a node."""
        return self.rules.states[self.node_state[node]]

    def next_state_of(self, edge: int) -> State:
        """The state an edge leads to."""
        return self.rules.states[self.rules.next_state[self.edge_rule[edge]]]

    def chance_of(self, edge: int) -> Number:
        """The probability of an outcome, as the game gave it."""
        return self.rules.numbers[self.rules.chance_number[self.edge_rule[edge]]]

    def reward_of(self, edge: int) -> Number:
        """The reward of an outcome, as the game gave it."""
        return self.rules.numbers[self.rules.reward_number[self.edge_rule[edge]]]


def unroll(game: Game | GameTree, *, max_nodes: int | None = None, merge: bool | None = None) -> GameTree:
    """Build the tree of all histories of a game, breadth-first; or the graph with equal states merged, if smaller.

    Args:
        game: any finite game; a tree is handed back as it is, or rebuilt if it is not as ``merge`` asks.
        max_nodes: refuse more decisions than this; by default, what fits a quarter of this machine's memory. A tree
            that is handed back is not counted again.
        merge: True for a graph, in which histories with equal state and time are one node; False for the tree of all
            histories; None for the graph where it is smaller than the tree.

    Raises:
        InvalidArgument: if it is no game, or it has more nodes than ``max_nodes``. They are counted, not built.

    >>> from gradcheck.tree.games.robot import robot
    >>> unroll(robot()).variables
    (((2, 1), 0), ((2, 1), 1), ((1, 0), 0), ((1, 0), 1), ((2, 0), 0), ((2, 0), 1))
    """
    if merge not in (None, False, True):
        raise invalid("True, False or None", "merge", merge)
    limit = Limit.of_memory() if max_nodes is None else Limit.of_nodes(max_nodes)
    if isinstance(game, GameTree):
        if merge in (None, game.merged):
            return game
        rules = game.rules
    else:
        rules = explore(game, max_states=limit.nodes)
    levels, merged = as_graph(rules, limit)
    if merge is False and merged:
        graph = _assemble(rules, levels, merged=True)
        if not limit.allows(graph.num_histories, graph.num_history_edges):
            hint = (
                f"The tree has {graph.num_histories:,} decisions. As a graph, with equal states at equal times merged, "
                f"the game has {graph.num_nodes:,}: unroll(game, merge=True)."
            )
            raise invalid("a game whose tree fits", "max_nodes", limit.nodes, hint)
        levels, merged = as_tree(rules), False
    return _assemble(rules, levels, merged=merged if merge is None else merge)


def _assemble(rules: Rules, levels: list[Level], *, merged: bool) -> GameTree:
    variable_of = np.full((len(rules.observations), rules.game.num_actions), -1)
    sizes = np.fromiter(map(len, rules.legal), np.intp, len(rules.legal))
    actions = np.fromiter(chain.from_iterable(rules.legal), np.intp, int(sizes.sum()))
    variable_of[np.repeat(np.arange(len(sizes)), sizes), actions] = np.arange(len(actions))

    node_levels = _slices([len(level.state) for level in levels])
    choice_levels = _slices([len(level.choice) for level in levels])
    edge_levels = _slices([len(level.edge) for level in levels])
    node_state = np.concatenate([level.state for level in levels])
    choice_rule = np.concatenate([level.choice for level in levels])
    choices_of = np.diff(rules.state_choice)[node_state]
    edges_of = np.diff(rules.choice_edge)[choice_rule]
    choice_node = np.repeat(np.arange(len(node_state)), choices_of)
    infoset = rules.state_infoset[node_state]
    child = [
        np.where(level.child == ENDS, ENDS, level.child + nodes.stop)
        for level, nodes in zip(levels, node_levels, strict=True)
    ]
    return GameTree(
        rules=rules,
        merged=merged,
        variables=tuple((seen, a) for seen, acts in zip(rules.observations, rules.legal, strict=True) for a in acts),
        variable_of=variable_of,
        node_state=node_state,
        node_choice=np.cumsum(choices_of) - choices_of,
        choice_rule=choice_rule,
        choice_node=choice_node,
        choice_variable=variable_of[infoset[choice_node], rules.choice_action[choice_rule]],
        choice_edge=np.cumsum(edges_of) - edges_of,
        edge_rule=np.concatenate([level.edge for level in levels]),
        edge_child=np.concatenate(child),
        node_levels=node_levels,
        choice_levels=choice_levels,
        edge_levels=edge_levels,
    )


def _slices(sizes: list[int]) -> tuple[slice, ...]:
    ends = np.cumsum(sizes).tolist()
    return tuple(slice(end - size, end) for size, end in zip(sizes, ends, strict=True))
