"""How large an unrolled game is, counted without listing anything; and whether its episodes can be listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.game_tree import ENDS, GameTree, history_counts

_MAX_EPISODES = 400  # different ones: a report differentiates each by itself, four times
_MAX_MONOMIALS = 20_000  # of the sampled sums on the simplex: a second or two
_MAX_STEPS = 50  # of an episode: a tree that is deeper is drawn too wide to be read


@final
@dataclass(frozen=True)
class Size:
    """The size of an unrolled game.

    Attributes:
        merged: whether histories with equal state and time are counted as one decision.
        decisions: nodes of the graph, or of the tree where nothing could be merged.
        outcomes: its edges.
        histories: decisions of the tree.
        episodes: how many different ones there are, however unlikely.
        observations: information sets.
        variables: action probabilities.
        longest: the most steps an episode can take.
        obstacle: why the episodes are not listed, and the sums over them not proved; None where they are.
    """

    merged: bool
    decisions: int
    outcomes: int
    histories: int
    episodes: int
    observations: int
    variables: int
    longest: int
    obstacle: str | None

    @property
    def listable(self) -> bool:
        """Whether the episodes are few and short enough to be listed."""
        return self.obstacle is None


def size_of(tree: GameTree) -> Size:
    """Count decisions, outcomes, histories and episodes."""
    counts = [count for level in history_counts(tree) for count in level]
    ends = np.bincount(tree.edge_node[tree.edge_child == ENDS], minlength=tree.num_nodes).tolist()
    episodes = sum(count * end for count, end in zip(counts, ends, strict=True))
    return Size(
        merged=tree.merged,
        decisions=tree.num_nodes,
        outcomes=tree.num_edges,
        histories=sum(counts),
        episodes=episodes,
        observations=len(tree.observations),
        variables=len(tree.variables),
        longest=len(tree.node_levels),
        obstacle=_obstacle(tree, episodes),
    )


def _obstacle(tree: GameTree, episodes: int) -> str | None:
    if episodes > _MAX_EPISODES:
        return "too many to be listed"
    if len(tree.node_levels) > _MAX_STEPS:
        return "too long to be listed"
    return "whose sums are too long to be listed" if _monomials(tree) > _MAX_MONOMIALS else None


def _monomials(tree: GameTree) -> float:
    """An upper bound on the monomials of the sampled sums, with 1 minus the others in place of each last x."""
    widths = (tree.variable_of >= 0).sum(axis=1)
    last = tree.variable_of.max(axis=1)
    factor = np.ones(len(tree.variables))
    factor[last] = widths
    monomials = np.zeros(tree.num_nodes)  # of the product of the actions before each node
    monomials[: tree.num_roots] = 1.0
    through = factor[tree.choice_variable[tree.edge_choice]]
    total = 0.0
    for time, edges in enumerate(tree.edge_levels, start=1):
        passing, child = monomials[tree.edge_node[edges]] * through[edges], tree.edge_child[edges]
        np.add.at(monomials, child[child != ENDS], passing[child != ENDS])
        total += time * float(passing[child == ENDS].sum())
    return total
