"""What a policy is worth in a toy-text environment is what comes of sending its probabilities forwards through
Gymnasium's own table, step by step in float64; in FrozenLake, also through the map, without the table."""

import numpy as np
import pytest

from gradcheck import expected_return
from gradcheck.tree.sources.from_gymnasium import from_gymnasium
from gradcheck.tree.sources.optional_dependency import optional_module

gymnasium = optional_module("gymnasium", "gymnasium")

CLOSE = 1e-12
ENVIRONMENTS = {
    "FrozenLake": ("FrozenLake-v1", {}, 100),
    "FrozenLake 8x8": ("FrozenLake-v1", {"map_name": "8x8"}, 100),
    "FrozenLake 8x8 of its own name": ("FrozenLake8x8-v1", {"success_rate": 0.9}, 200),
    "FrozenLake that is not slippery": ("FrozenLake-v1", {"is_slippery": False}, 100),
    "Taxi": ("Taxi-v4", {}, 200),
    "Taxi in the rain": ("Taxi-v4", {"is_rainy": True}, 200),
    "CliffWalking": ("CliffWalking-v1", {"max_episode_steps": 100}, 100),
    "CliffWalking that is slippery": ("CliffWalkingSlippery-v1", {"max_episode_steps": 50}, 50),
}


def random_policy(num_states, num_actions, seed=0):
    rows = np.random.default_rng(seed).random((num_states, num_actions))
    return rows / rows.sum(axis=1, keepdims=True)


def forwards(table, start, policy, steps):
    """Where episodes are after each step, and what they collect on the way."""
    rows = [(state, action, *outcome) for state in table for action in table[state] for outcome in table[state][action]]
    state, action, chance, following, reward, terminated = (np.array(column) for column in zip(*rows, strict=True))
    here, total = np.array(start, dtype=float), 0.0
    for _ in range(steps):
        flow = here[state] * policy[state, action] * chance
        total += flow @ reward
        here = np.bincount(following[~terminated], flow[~terminated], len(here))
    return total


def ice(lake, success_rate):
    """The rules of FrozenLake from its map: a move may go to either side instead, walls stop it, holes end it."""
    height, width = len(lake), len(lake[0])
    moves = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    table = {}
    for row in range(height):
        for column in range(width):
            outcomes = table.setdefault(row * width + column, {})
            for action in range(4):
                outcomes[action] = []
                for turn, chance in ((-1, (1 - success_rate) / 2), (0, success_rate), (1, (1 - success_rate) / 2)):
                    down, right = moves[(action + turn) % 4]
                    to = min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1)
                    tile = lake[to[0]][to[1]]
                    outcomes[action].append((chance, to[0] * width + to[1], float(tile == "G"), tile in "GH"))
    return table


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_value_of_a_random_policy(name):
    env_id, options, steps = ENVIRONMENTS[name]
    inner = gymnasium.make(env_id, **options).unwrapped
    policy = random_policy(len(inner.P), inner.action_space.n)
    game = from_gymnasium(env_id, **options)
    assert game.horizon == steps
    found = expected_return(game, {state: policy[state] for state in game.P})
    truth = forwards(inner.P, inner.initial_state_distrib, policy, steps)
    assert found == pytest.approx(truth, rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("success_rate", [1 / 3, 0.8])
def test_the_value_in_frozen_lake_from_its_map(success_rate):
    lake = gymnasium.make("FrozenLake8x8-v1").unwrapped.desc.astype(str).tolist()
    policy = random_policy(64, 4, seed=1)
    game = from_gymnasium("FrozenLake-v1", map_name="8x8", success_rate=success_rate)
    start = np.arange(64) == 0
    found = expected_return(game, {state: policy[state] for state in game.P})
    assert found == pytest.approx(forwards(ice(lake, success_rate), start, policy, 100), rel=CLOSE)


@pytest.mark.parametrize("wrong", ["one step less", "another policy"])
def test_control_a_different_question_has_a_different_answer(wrong):
    inner = gymnasium.make("FrozenLake8x8-v1").unwrapped
    policy = random_policy(64, 4)
    game = from_gymnasium("FrozenLake8x8-v1")
    found = expected_return(game, {state: policy[state] for state in game.P})
    steps, other = (199, policy) if wrong == "one step less" else (200, random_policy(64, 4, seed=1))
    assert found != pytest.approx(forwards(inner.P, inner.initial_state_distrib, other, steps), rel=CLOSE, abs=CLOSE)
