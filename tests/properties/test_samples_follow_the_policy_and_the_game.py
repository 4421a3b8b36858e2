"""Episodes come up with their exact probabilities, whether walked step by step or drawn as counts."""

import math

import numpy as np
import pytest
import torch

from gradcheck import LinearPolicy, TabularGame, games, sample
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.sampling import sample_counts
from gradcheck.report.estimates import bernstein_bound
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths

FALSE_ALARM = 1e-6  # of each test as a whole; the seeds are fixed besides
N = 100_000

TWO_STARTS = TabularGame(
    {
        "calm": {0: [("1/3", "storm", 1, False), ("2/3", "port", 2, True)], 2: [(1, "port", 0, True)]},
        "storm": {1: [("1/2", "port", 5, True), ("1/2", "storm", -1, False)]},
    },
    {"calm": "3/4", "storm": "1/4"},
    horizon=3,
)
TABLES = {"robot": games.robot_policy(), "two starts": {"calm": {0: "1/5", 2: "4/5"}, "storm": (0, 1, 0)}}
GAMES = {"robot": games.robot(), "two starts": TWO_STARTS}


def counts_of(episodes, tree):
    """How often each path was sampled, told apart by start, actions and rewards."""
    keys = {}
    for number, path in enumerate(paths(tree)):
        actions = tuple(tree.variables[v][1] for v in path.variables)
        root = int(tree.choice_node[tree.edge_choice[path.edges[0]]])
        keys[root, actions, tuple(map(float, path.rewards))] = number
    counts = np.zeros(len(keys), dtype=int)
    first = 0
    for length, start in zip(episodes.lengths.tolist(), episodes.group_index.tolist(), strict=True):
        steps = slice(first, first + length)
        counts[keys[start, tuple(episodes.actions[steps].tolist()), tuple(episodes.rewards[steps].tolist())]] += 1
        first += length
    return counts


def within_bounds(counts, probabilities):
    p = np.asarray(probabilities)
    bound = bernstein_bound(p * (1 - p), np.maximum(p, 1 - p), counts.sum(), FALSE_ALARM / len(p))
    return bool((np.abs(counts / counts.sum() - p) <= bound).all())


@pytest.mark.parametrize("name", GAMES)
def test_step_by_step(name):
    tree = unroll(GAMES[name])
    every = all_episodes(tree, TABLES[name])
    assert within_bounds(counts_of(sample(tree, TABLES[name], N, seed=1), tree), every.probabilities)


@pytest.mark.parametrize("name", GAMES)
def test_as_counts(name):
    every = all_episodes(unroll(GAMES[name]), TABLES[name])
    counts = sample_counts(every, N, seed=1)
    assert counts.sum() == N
    assert within_bounds(counts, every.probabilities)


def test_probabilities_of_all_episodes_sum_to_1():
    for name, game in GAMES.items():
        assert math.isclose(all_episodes(unroll(game), TABLES[name]).probabilities.sum(), 1, abs_tol=1e-15)


def test_control_another_policy_is_noticed():
    tree = unroll(games.robot())
    every = all_episodes(tree, games.robot_policy())
    uniform = dict.fromkeys(games.robot_policy(), ("1/2", "1/2"))
    assert not within_bounds(counts_of(sample(tree, uniform, N, seed=1), tree), every.probabilities)


def test_what_is_impossible_is_never_sampled():
    always_right = dict.fromkeys(games.robot_policy(), (0, 1))
    assert sample(games.robot(), always_right, 10_000, seed=0).actions.all()
    never_slips = sample(games.robot(slip=0), {(2, 1): (1, 0), (1, 0): (0, 1), (2, 0): (0, 1)}, 10_000, seed=0)
    assert never_slips.future_returns[never_slips.time_steps == 0].unique().tolist() == [13]


def test_a_network_samples_like_the_table_of_its_probabilities():
    linear = LinearPolicy(games.robot(), games.robot_policy())
    some, others = (sample(games.robot(), p, 1_000, seed=5) for p in (linear, games.robot_policy()))
    assert torch.equal(some.actions, others.actions)


def test_the_same_seed_gives_the_same_episodes_and_another_seed_others():
    first, again, other = (sample(games.robot(), games.robot_policy(), 100, seed=s) for s in (0, 0, 1))
    assert torch.equal(first.actions, again.actions)
    assert not torch.equal(first.lengths, other.lengths)
