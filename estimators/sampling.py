"""Drawing episodes: one by one along the tree, at once or in chunks, or only how often each path comes up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np
import torch

from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episode_list import AllEpisodes, episodes_along
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Array, Integers
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.validation.arguments import positive_int64, whole_number
from gradcheck.tree.values.policy_table import PolicyTable


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

    >>> from gradcheck.tree.games.robot import robot, robot_policy
    >>> sample(robot(), robot_policy(), num_episodes=4, seed=0).future_returns.tolist()
    [10.0, 10.0, 13.0, 10.0, 10.0, 10.0]
    """
    size = positive_int64(num_episodes, "num_episodes")
    rng = generator(seed)
    tree = unroll(game)
    with torch.no_grad():
        table = probability_table(policy, tree)
    edges, lengths = _Walks(tree, x_of(table, tree)).draw(size, rng)
    return episodes_along(tree, edges, lengths, table, observation_features(tree))


def sample_in_chunks(tree: GameTree, x: Array, num_episodes: int, seed: int, *, chunk: int) -> Iterator[Episodes]:
    """Sample complete, independent episodes, so many at a time: memory is bounded by a chunk, not by the sample.

    What the player sees is the number of its information set, as one number, however many numbers an observation of the
    game has: a policy for these episodes, such as ``ProbabilityTable(…, by_number=True)``, looks its rows up by that
    number.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
        num_episodes: N, at least 1.
        seed: the same seed and chunk give the same episodes.
        chunk: episodes at a time, at least 1; the last chunk has what is left.

    Raises:
        InvalidArgument: if a number is out of range.

    >>> from gradcheck.tree.games.robot import robot
    >>> tree = unroll(robot())
    >>> [batch.observations.squeeze(1).tolist() for batch in sample_in_chunks(tree, np.full(6, 0.5), 2, 0, chunk=1)]
    [[0.0, 1.0], [0.0]]
    """
    size, at_most = positive_int64(num_episodes, "num_episodes"), positive_int64(chunk, "chunk")
    rng = generator(seed)
    walks = _Walks(tree, np.asarray(x, dtype=np.float64))
    table = torch.zeros(tree.variable_of.shape, dtype=torch.float64)
    table[torch.as_tensor(tree.legal_actions)] = torch.as_tensor(walks.x)
    numbers = np.arange(len(tree.observations), dtype=np.float64)[:, None]
    for done in range(0, size, at_most):
        edges, lengths = walks.draw(min(at_most, size - done), rng)
        yield episodes_along(tree, edges, lengths, table, numbers)


def sample_counts(episodes: AllEpisodes, num_episodes: int, seed: int) -> Integers:
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
    size = positive_int64(num_episodes, "num_episodes")
    probabilities = episodes.probabilities / episodes.probabilities.sum()  # which is 1 up to rounding
    return generator(seed).multinomial(size, probabilities)


def generator(seed: object) -> np.random.Generator:
    """The random numbers that belong to a seed.

    Raises:
        InvalidArgument: if it is not 0, 1, 2, …
    """
    return np.random.default_rng(
        whole_number(seed, "seed", least=0, hint="Every seed gives another sample, always the same.")
    )


@final
class _Walks:
    """A tree and a policy made ready for drawing episodes.

    Args:
        tree: the unrolled game.
        x: [V] the action probabilities.
    """

    def __init__(self, tree: GameTree, x: Array) -> None:
        self.x = x
        self._child = tree.edge_child
        self._first = tree.choice_edge[tree.node_choice]
        weight = x[tree.choice_variable[tree.edge_choice]] * tree.chance
        self._last = np.maximum.reduceat(np.where(weight > 0, np.arange(tree.num_edges), -1), self._first)
        self._up_to = _sums_within(weight, self._first)
        self._starts = tree.start[: tree.num_roots]

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
        """So many episodes, all at once, step by step: their edges, one episode after another, and their lengths."""
        root = np.searchsorted(self._starts.cumsum(), rng.random(size), side="right")
        # Rounding may leave the sum just below a random number.
        node = np.minimum(root, np.flatnonzero(self._starts)[-1])
        episode = np.arange(size)
        edges, episodes = [], []
        while len(node):
            edge = self._edges(node, rng.random(len(node)))
            edges.append(edge)
            episodes.append(episode)
            following = self._child[edge]
            goes_on = following != ENDS
            node, episode = following[goes_on], episode[goes_on]
        whose = np.concatenate(episodes)
        order = np.argsort(whose, kind="stable")
        return np.concatenate(edges)[order], np.bincount(whose, minlength=size)

    def _edges(self, node: Array, uniform: Array) -> Array:
        """For each node the first edge whose cumulative probability is above the random number, by bisection.

        It is never an impossible one, whose sum is that of the edge before it; rounding may leave all sums below the
        random number, which then means the last edge that is possible.
        """
        low, high = self._first[node], self._last[node]
        while (low < high).any():
            middle = (low + high) // 2
            above = self._up_to[middle] > uniform
            low, high = np.where(above, low, np.minimum(middle + 1, high)), np.where(above, middle, high)
        return high


def _sums_within(values: Array, first: Array) -> Array:
    """The sum of each value and those before it, down to the first of its part."""
    sums = values.copy()
    sizes = np.diff(first, append=len(values))
    by_size = np.argsort(-sizes, kind="stable")  # so that those with a further place stand in front
    starts, sizes = first[by_size], -sizes[by_size]
    for place in range(1, -sizes[0]):
        here = starts[: np.searchsorted(sizes, -place)] + place
        sums[here] += sums[here - 1]
    return sums
