"""Game → tree: every history of a game as flat arrays, level by level.

A *node* is a decision: a history after which the player acts. A *choice* is a node with one of its legal
actions. An *edge* is a choice with one of its chance outcomes; it leads to a node of the next level, or ends the
episode. Nodes stand breadth-first, the choices of a node side by side, the edges of a choice side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from tree.checked_game import CheckedGame
from tree.errors import invalid
from tree.game import Game, Observation, State, TabularGame
from tree.rationals import Number, as_distribution, as_rational, is_exact

Array: TypeAlias = "NDArray[Any]"

_MAX_NODES = 1_000_000  # 0.7 GiB of Python objects where each decision has two outcomes
ENDS = -1  # the child of an edge that ends the episode


@final
@dataclass(frozen=True, eq=False)
class GameTree:
    """Every history of a game. M nodes, C choices, E edges, V variables, I information sets, A actions.

    Attributes:
        game: where the tree comes from.
        observations: [I] what the player sees in each information set, in breadth-first order of first visit.
        variables: [V] the (observation, action) behind each x0, x1, …: by information set, then by action.
        variable_of: [I, A] the number of that variable, -1 where the action is illegal.
        states: [M] the state of each node.
        start: [M] the probability that the episode begins at the node; 0 outside the first level.
        node_infoset: [M] the information set of each node.
        node_time: [M] the number of steps before it.
        choice_node, choice_variable: [C] whose choice it is, and of what.
        node_choice: [M] the first choice of each node.
        choice_edge: [C] the first edge of each choice.
        edge_choice: [E] the choice of each edge.
        edge_child: [E] the node it leads to, or -1 where the episode ends.
        edge_state: [E] the state it leads to.
        chance: [E] the probability of the outcome, given the choice.
        reward: [E] received on the way.
        node_levels, edge_levels: the slices of each level.
        exact: whether every number of the game is rational.
    """

    game: Game = field(repr=False)
    observations: tuple[Observation, ...]
    variables: tuple[tuple[Observation, int], ...]
    variable_of: Array = field(repr=False)
    states: tuple[State, ...] = field(repr=False)
    start: tuple[Number, ...] = field(repr=False)
    node_infoset: Array = field(repr=False)
    node_time: Array = field(repr=False)
    choice_node: Array = field(repr=False)
    choice_variable: Array = field(repr=False)
    node_choice: Array = field(repr=False)
    choice_edge: Array = field(repr=False)
    edge_choice: Array = field(repr=False)
    edge_child: Array = field(repr=False)
    edge_state: tuple[State, ...] = field(repr=False)
    chance: tuple[Number, ...] = field(repr=False)
    reward: tuple[Number, ...] = field(repr=False)
    node_levels: tuple[slice, ...] = field(repr=False)
    edge_levels: tuple[slice, ...] = field(repr=False)
    exact: bool

    @property
    def num_nodes(self) -> int:
        """M, the number of decisions over all histories."""
        return len(self.states)

    @property
    def num_edges(self) -> int:
        """E, the number of outcomes over all histories."""
        return len(self.edge_state)

    @property
    def legal_actions(self) -> Array:
        """[I, A] bool: what is legal in each information set."""
        return self.variable_of >= 0

    @cached_property
    def rational_chance(self) -> tuple[Fraction, ...]:
        """[E] the chances in rationals; those of each choice sum to 1 exactly, floats or not."""
        ends = [*self.choice_edge.tolist()[1:], self.num_edges]
        rows = zip(self.choice_edge.tolist(), ends, strict=True)
        return tuple(chance for begin, end in rows for chance in as_distribution(self.chance[begin:end]))

    @cached_property
    def rational_start(self) -> tuple[Fraction, ...]:
        """[M] the start probabilities in rationals; those of the first level sum to 1 exactly, floats or not."""
        first = self.node_levels[0].stop
        return (*as_distribution(self.start[:first]), *map(as_rational, self.start[first:]))

    def numbers(self, values: Sequence[Number], dtype: type) -> Array:
        """The game's numbers as an array: rationals in an object array, or float64."""
        if dtype is object:
            array = np.empty(len(values), dtype=object)
            array[:] = [as_rational(value) for value in values]
            return array
        return np.array([float(value) for value in values], dtype=np.float64)


def unroll(game: Game | GameTree, *, max_nodes: int = _MAX_NODES) -> GameTree:
    """Follow every history of the game, breadth-first.

    Args:
        game: any finite game; a tree is handed back as it is.
        max_nodes: refuse trees with more decisions than this.

    Raises:
        InvalidArgument: if it is no game, or its tree has more nodes than ``max_nodes``.

    >>> from tree.robot import robot
    >>> unroll(robot()).variables
    (((2, 1), 0), ((2, 1), 1), ((1, 0), 0), ((1, 0), 1), ((2, 0), 0), ((2, 0), 1))
    """
    if isinstance(game, GameTree):
        return game
    game = game if isinstance(game, TabularGame) else CheckedGame(game)
    infosets: dict[Observation, int] = {}
    legal: list[tuple[int, ...]] = []
    states: list[State] = []
    start: list[Number] = []
    node_infoset: list[int] = []
    node_time: list[int] = []
    choices: list[tuple[int, int]] = []
    node_choice: list[int] = []
    choice_edge: list[int] = []
    edge_choice: list[int] = []
    edge_child: list[int] = []
    edge_state: list[State] = []
    chance: list[Number] = []
    reward: list[Number] = []
    node_levels: list[slice] = []
    edge_levels: list[slice] = []

    def visit(state: State, time: int, probability: Number) -> int:
        if len(states) >= max_nodes:
            hint = (
                f"Step {time} passes it. Give the game a shorter horizon, or unroll(game, max_nodes=…) a larger limit."
            )
            raise invalid("a game whose tree fits", "max_nodes", max_nodes, hint)
        observation = game.observe(state)
        if observation not in infosets:
            infosets[observation] = len(infosets)
            legal.append(tuple(game.legal_actions(state)))
        states.append(state)
        start.append(probability)
        node_infoset.append(infosets[observation])
        node_time.append(time)
        return len(states) - 1

    level = [visit(state, 0, probability) for probability, state in game.starts()]
    time = 0
    while level:
        node_levels.append(slice(level[0], level[-1] + 1))
        first_edge, following = len(edge_state), []
        for node in level:
            node_choice.append(len(choices))
            for action in legal[node_infoset[node]]:
                choice_edge.append(len(edge_state))
                for probability, next_state, gain, terminated in game.step(states[node], action):
                    ends = terminated or (game.horizon is not None and time + 1 >= game.horizon)
                    edge_choice.append(len(choices))
                    edge_state.append(next_state)
                    chance.append(probability)
                    reward.append(gain)
                    edge_child.append(ENDS if ends else visit(next_state, time + 1, 0))
                    if not ends:
                        following.append(edge_child[-1])
                choices.append((node, action))
        edge_levels.append(slice(first_edge, len(edge_state)))
        level, time = following, time + 1

    variable_of = np.full((len(infosets), game.num_actions), -1)
    for infoset, actions in enumerate(legal):
        variable_of[infoset, list(actions)] = 0
    variable_of[variable_of == 0] = np.arange(np.count_nonzero(variable_of == 0))
    observations = tuple(infosets)
    choice_node = np.array([node for node, _ in choices])
    infoset_of_node = np.array(node_infoset)
    return GameTree(
        game=game,
        observations=observations,
        variables=tuple((seen, a) for seen, acts in zip(observations, legal, strict=True) for a in acts),
        variable_of=variable_of,
        states=tuple(states),
        start=tuple(start),
        node_infoset=infoset_of_node,
        node_time=np.array(node_time),
        choice_node=choice_node,
        choice_variable=variable_of[infoset_of_node[choice_node], [action for _, action in choices]],
        node_choice=np.array(node_choice),
        choice_edge=np.array(choice_edge),
        edge_choice=np.array(edge_choice),
        edge_child=np.array(edge_child),
        edge_state=tuple(edge_state),
        chance=tuple(chance),
        reward=tuple(reward),
        node_levels=tuple(node_levels),
        edge_levels=tuple(edge_levels),
        exact=is_exact([*chance, *reward, *start, game.discount]),
    )
