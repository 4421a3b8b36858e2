"""Complete episodes as batches: along chosen edges of the tree, and all that are possible with their probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes, returns_to_go
from gradcheck.estimators.policy_tables import as_given_to, sampling_table, x_of
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.types import Floats, Integers
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import PolicyTable


@final
@dataclass(frozen=True, eq=False)
class AllEpisodes:
    """Every complete episode that is possible under a policy, each once, with its probability.

    Attributes:
        episodes: the K episodes as one batch, in the order of ``tree.paths.paths``.
        probabilities: [K] float64, above 0.
    """

    episodes: Episodes
    probabilities: Floats

    @property
    def count(self) -> int:
        """K."""
        return self.episodes.num_episodes


def all_episodes(
    game: Game | GameTree, policy: Policy | PolicyTable, *, optimised: Policy | PolicyTable | None = None
) -> AllEpisodes:
    """Enumerate the complete episodes of a game that are possible under a policy, and their probabilities.

    Impossible ones are left out: the logarithm of their probability is infinite, and 0 times that is not a number.

    Args:
        game: small enough that its episodes can be listed, or its tree where that is at hand.
        policy: a table ``{observation: probabilities}``, or a callable from observations to logits.
        optimised: the policy that is given these episodes, in its dtype and on its device; the one that samples, unless
            given.

    >>> from gradcheck.tree.games.robot import robot, robot_policy
    >>> every = all_episodes(robot(), robot_policy())
    >>> every.episodes.lengths.tolist(), every.probabilities.round(4).tolist()
    ([2, 2, 3, 3, 1], [0.28, 0.042, 0.3024, 0.0756, 0.3])
    """
    tree = unroll(game)
    optimised = policy if optimised is None else optimised
    table = sampling_table(policy, tree, optimised=optimised)
    x = x_of(table, tree)
    weighed = [(path, float(path.chance) * float(x[list(path.variables)].prod())) for path in paths(tree)]
    possible = [(path.edges, probability) for path, probability in weighed if probability > 0]
    edges = np.array([edge for along, _ in possible for edge in along])
    lengths = np.array([len(along) for along, _ in possible])
    probabilities = np.array([probability for _, probability in possible])
    table = as_given_to(optimised, table, sampler=policy)
    return AllEpisodes(episodes_along(tree, edges, lengths, table, observation_features(tree)), probabilities)


def episodes_along(
    tree: GameTree,
    edges: Integers,
    lengths: Integers,
    table: Tensor,
    features: Floats,
    *,
    values: Floats | None = None,
) -> Episodes:
    """The episodes that follow these edges of the tree, or pieces of them that a collector has cut short.

    Args:
        tree: the unrolled game.
        edges: [T] one episode after another.
        lengths: [N] the number of edges of each episode.
        table: [I, A] the action probabilities they were sampled with; gives the dtype and the device.
        features: [I, D] what the player sees in each information set.
        values: [M] the average return from each node on, which a piece is worth after its cut; without pieces, not
            needed.
    """
    choice = tree.edge_choice[edges]
    node = tree.choice_node[choice]
    infoset = tree.node_infoset[node]
    action = tree.rules.choice_action[tree.choice_rule[choice]]
    child = tree.edge_child[edges]
    next_seen = np.where((child == ENDS)[:, None], 0.0, features[tree.node_infoset[child]])
    episode_index = np.repeat(np.arange(len(lengths)), lengths)
    roots = node[np.cumsum(lengths) - lengths]

    def tensor(values: NDArray[np.generic], dtype: torch.dtype | None = None) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), dtype=dtype, device=table.device)

    rewards = tensor(tree.reward[edges], table.dtype)
    times = tensor(tree.node_time[node])
    terminated = child == ENDS
    last = np.zeros_like(terminated)
    last[np.cumsum(lengths) - 1] = True
    truncated = last & ~terminated
    bootstrap = np.zeros(len(edges)) if values is None else np.where(truncated, values[child], 0.0)
    discount, dones = float(tree.game.discount), tensor(last)
    returns = returns_to_go(rewards + discount * tensor(bootstrap, table.dtype), times, dones, discount)
    return Episodes(
        observations=tensor(features[infoset], table.dtype),
        actions=tensor(action),
        rewards=rewards,
        dones=dones,
        future_returns=returns,
        episode_index=tensor(episode_index),
        time_steps=times,
        log_probs=table.detach()[tensor(infoset), tensor(action)].log(),
        legal_actions=tensor(tree.legal_actions[infoset]),
        num_episodes=len(lengths),
        lengths=tensor(lengths),
        group_index=tensor(roots),
        next_observations=tensor(next_seen, table.dtype),
        terminated=tensor(terminated),
        truncated=tensor(truncated),
        bootstrap_values=tensor(bootstrap, table.dtype),
        discount=discount,
    )


def expected_return_of(tree: GameTree, table: Tensor) -> float:
    """The exact expected return at a table [I, A] of action probabilities, in float64."""
    x = x_of(table, tree)
    return float(evaluate(tree, x).expected_return)
