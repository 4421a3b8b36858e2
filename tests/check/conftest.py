"""Expected gradients added up one batch at a time, and every loss of the corpus checked once for all tests."""

import itertools
import math
from functools import cache
from types import SimpleNamespace

import pytest
import torch

from gradcheck import TabularPolicy, check, estimators, policy_gradient
from gradcheck.tree.unroll import unroll


def both_gradients(loss, game, table, batch):
    """(g, t) in a table of logits: every batch weighed with its probability, that of all its orders, and the truth."""
    tree = unroll(game)
    policy = TabularPolicy(tree, table)
    every = estimators.all_episodes(tree, policy)
    total = torch.zeros((), dtype=torch.float64)
    for chosen in itertools.combinations_with_replacement(range(every.count), batch):
        orders = len(set(itertools.permutations(chosen)))
        probability = orders * math.prod(every.probabilities[list(chosen)])
        total = total + probability * loss(policy, every.episodes.select(chosen))
    (g,) = torch.autograd.grad(-total, policy.logits, allow_unused=True, materialize_grads=True)
    return g.flatten(), policy_gradient(tree, policy)["logits"].flatten()


def turns(loss):
    """The question for ``find_counterexample``: is g no positive multiple of t?"""

    def fails(game, table, batch):
        g, t = both_gradients(loss, game, table, batch)
        if t.norm() < 1e-9:
            return bool(g.norm() > 1e-9)
        scale = float(g @ t / (t @ t))
        return scale < 1e-9 or bool((g - scale * t).norm() > 1e-9)

    return fails


def surrogate(weights):
    """-Σ log π · weights / N for weights(episodes) [T]."""
    return lambda policy, episodes: (
        -(estimators.action_log_probs(policy, episodes) * weights(episodes)).sum() / episodes.num_episodes
    )


LOSSES = SimpleNamespace(
    right=surrogate(lambda e: e.future_returns),
    wrong_sign=surrogate(lambda e: -e.future_returns),
    immediate_reward=surrogate(lambda e: e.rewards),
    by_length=surrogate(lambda e: e.future_returns / e.lengths[e.episode_index]),
    pairs_only=surrogate(lambda e: e.future_returns * (1 if e.num_episodes == 1 else -1)),
    third_step_lost=surrogate(lambda e: e.future_returns * (e.time_steps < 2)),
    long_texts_of_a_prompt=surrogate(
        lambda e: e.future_returns * (1 - 2 * ((e.lengths > 1) & (e.group_index > 0)).double()[e.episode_index])
    ),
)


@pytest.fixture(name="both_gradients", scope="session")
def both_gradients_fixture():
    return both_gradients


@pytest.fixture(name="turns", scope="session")
def turns_fixture():
    return turns


@pytest.fixture(scope="session")
def losses():
    return LOSSES


@pytest.fixture(scope="session")
def checked():
    """Case → the result of ``check``; the search for counterexamples has tests of its own."""

    @cache
    def of(case):
        return check(case.loss, counterexample=False, all_conditions=False, **case.options)

    return of
