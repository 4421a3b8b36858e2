"""Drawing episodes: one by one along the tree, or only how often each path comes up."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from estimators.arguments import generator, positive
from estimators.collecting import AllEpisodes, episodes_along
from estimators.distributions import Policy
from estimators.episodes import Episodes
from estimators.tables import probability_table, x_of
from tree.game import Game
from tree.tables import PolicyTable
from tree.unroll import ENDS, Array, GameTree, unroll


def sample(game: Game | GameTree, policy: Policy | PolicyTable, num_episodes: int, seed: int) -> Episodes:
    """Sample complete, independent episodes.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: a table ``{observation: probabilities}``, or a callable (an ``nn.Module``) that maps observations
            [T, D] to logits [T, A] or to a ``torch.distributions.Categorical``.
        num_episodes: N, at least 1.
        seed: the same seed gives the same episodes.

    Raises:
        InvalidArgument: if an argument cannot be used, or the policy gives no probabilities.

    >>> from tree.robot import robot, robot_policy
    >>> sample(robot(), robot_policy(), num_episodes=4, seed=0).future_returns.tolist()
    [10.0, 10.0, 13.0, 10.0, 10.0, 10.0]
    """
    size = positive(num_episodes, "num_episodes")
    rng = generator(seed)
    tree = unroll(game)
    with torch.no_grad():
        table = probability_table(policy, tree)
    x = x_of(table, tree)
    edges, episodes = _walk(tree, x, size, rng)
    order = np.argsort(episodes, kind="stable")
    return episodes_along(tree, edges[order], np.bincount(episodes, minlength=size), table)


def sample_counts(episodes: AllEpisodes, num_episodes: int, seed: int) -> NDArray[np.int64]:
    """Sample how often each of the K possible episodes comes up among N independent ones.

    These counts have, by definition, the multinomial distribution with the episodes' probabilities. Whatever depends
    on a batch only through how often each episode is in it (every sum and every average over episodes) therefore has
    the same distribution as if N episodes had been sampled one by one, at a cost that does not depend on N.

    Args:
        episodes: all possible episodes with their probabilities.
        num_episodes: N, at least 1.
        seed: the same seed gives the same counts.

    Returns:
        [K] counts that sum to N.
    """
    size = positive(num_episodes, "num_episodes")
    probabilities = episodes.probabilities / episodes.probabilities.sum()  # which is 1 up to rounding
    return generator(seed).multinomial(size, probabilities)


def _walk(tree: GameTree, x: Array, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """All episodes at once, step by step: the edges taken, and whose they are."""
    weight = x[tree.choice_variable[tree.edge_choice]] * tree.chance
    first = tree.choice_edge[tree.node_choice]
    positive_edge = np.where(weight > 0, np.arange(tree.num_edges), -1)
    last = np.maximum.reduceat(positive_edge, first)

    start = tree.start[: tree.num_roots]
    root = np.searchsorted(start.cumsum(), rng.random(size), side="right")
    node = np.minimum(root, np.flatnonzero(start)[-1])  # rounding may leave the sum just below a random number
    episode = np.arange(size)
    edges, episodes = [], []
    while len(node):
        edge = _draw(weight, first[node], last[node], rng.random(len(node)))
        edges.append(edge)
        episodes.append(episode)
        goes_on = tree.edge_child[edge] != ENDS
        node, episode = tree.edge_child[edge[goes_on]], episode[goes_on]
    return np.concatenate(edges), np.concatenate(episodes)


def _draw(weight: Array, first: Array, last: Array, uniform: Array) -> Array:
    """Invert the cumulative probabilities of each node's edges; ``last`` is the last edge that is possible at all."""
    edge = first.copy()
    left = uniform
    while True:
        passes = (left >= weight[edge]) & (edge < last)
        if not passes.any():
            return edge
        left = np.where(passes, left - weight[edge], left)
        edge += passes
