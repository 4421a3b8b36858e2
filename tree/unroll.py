"""Game → tree: its rules are explored, then its levels, and these become the arrays of a ``GameTree``."""

from __future__ import annotations

from itertools import chain

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.unrolling.levels import Level, as_graph, as_tree
from gradcheck.tree.unrolling.memory_limit import Limit
from gradcheck.tree.unrolling.rules import Rules, explore


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
