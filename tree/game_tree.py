"""The tree of a game: every history as flat arrays, level by level; or equal histories merged into a graph.

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

from gradcheck.tree.game import Game
from gradcheck.tree.types import Array, Number, Observation, State
from gradcheck.tree.unrolling.rules import Rules

ENDS = -1  # the child of an edge that ends the episode


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
        prepared: what passes over the tree have worked out and keep for the next time.
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
        """The game that was unrolled."""
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
        """How many nodes the tree of all histories has, or would have: exact, however large."""
        return sum(map(sum, history_counts(self))) if self.merged else self.num_nodes

    @property
    def num_history_edges(self) -> int:
        """How many edges the tree of all histories has, or would have."""
        edges_of = np.diff(self.choice_edge[self.node_choice], append=self.num_edges).tolist()
        histories = chain.from_iterable(history_counts(self))
        return sum(count * edges for count, edges in zip(histories, edges_of, strict=True))

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
        # Cached values are left out, to be worked out again: they are large, and not all of them can be pickled.
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"prepared": {}}

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


def history_counts(tree: GameTree) -> list[list[int]]:
    """For each level, the number of histories that lead to each of its nodes: exact, however large."""
    counts = [[1] * tree.num_roots]
    for edges, following in zip(tree.edge_levels[:-1], tree.node_levels[1:], strict=True):
        begin = following.start
        here, after = counts[-1], [0] * (following.stop - begin)
        first = tree.edge_node[edges.start]
        for node, child in zip((tree.edge_node[edges] - first).tolist(), tree.edge_child[edges].tolist(), strict=True):
            if child != ENDS:
                after[child - begin] += here[node]
        counts.append(after)
    return counts
