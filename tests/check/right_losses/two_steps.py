"""A game of one or two decisions, with chance and unequal lengths, and what most losses are made of."""

import torch
from torch.distributions import Categorical

from gradcheck import TabularGame, TabularPolicy, estimators, unroll

GAME = TabularGame(
    {
        "a": {
            0: [(1, "b", 1, False)],
            1: [("1/2", "b", -1, False), ("1/2", "e", 2, True)],
            2: [(1, "e", 0, True)],
        },
        "b": {0: [(1, "e", 3, True)], 1: [(1, "e", -2, True)], 2: [(1, "e", "1/2", True)]},
    },
    "a",
    2,
    observations={"a": (0.5, -1.0), "b": (1.0, 2.0)},
)
TREE = unroll(GAME)
TABLE = {(0.5, -1.0): (0.5, 0.3, 0.2), (1.0, 2.0): (0.2, 0.2, 0.6)}
BEHAVIOUR = {(0.5, -1.0): (0.3, 0.3, 0.4), (1.0, 2.0): (0.5, 0.25, 0.25)}
QUICK = {"counterexample": False, "all_conditions": False}


def logits_of(policy, e):
    found = policy(e.observations)
    return found[0] if isinstance(found, tuple) else found


def log_probs(policy, e):
    return Categorical(logits=logits_of(policy, e)).log_prob(e.actions)


def score_loss(policy, e, advantages):
    """Minus the mean over episodes of Σ log π times something."""
    return -(log_probs(policy, e) * advantages).sum() / e.num_episodes


def plain(policy, e):
    return score_loss(policy, e, e.future_returns)


def per_episode(e, values):
    return torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, values)


def totals(e):
    return per_episode(e, e.rewards)


def is_second(e):
    """[T] whether a step is in "b"."""
    return (e.observations[:, 1] > 0).long()


def _action_values():
    """[2, 3] E[G | state, action] at the policy of the table, from all episodes with their probabilities."""
    every = estimators.all_episodes(GAME, TABLE)
    e = every.episodes
    weights = torch.as_tensor(every.probabilities)[e.episode_index]
    place = is_second(e) * 3 + e.actions
    sums = torch.zeros(6, dtype=torch.float64).index_add(0, place, weights * e.future_returns)
    return (sums / torch.zeros(6, dtype=torch.float64).index_add(0, place, weights)).reshape(2, 3)


Q = _action_values()
PI = torch.tensor(list(TABLE.values()), dtype=torch.float64)
V = (PI * Q).sum(1)


def table_policy():
    return TabularPolicy(TREE, TABLE)
