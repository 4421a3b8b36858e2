"""A sampled batch holds, for every step, exactly what happened."""

from fractions import Fraction

import pytest
import torch
from torch import nn

from gradcheck import TabularGame, TabularPolicy, games, sample

GAME = TabularGame(
    {
        (0.0, 1.0): {0: [("1/2", (1.0, 1.0), 2, False), ("1/2", "end", 1, True)], 2: [(1, (2.0, 0.5), -1, False)]},
        (1.0, 1.0): {1: [(1, (1.0, 1.0), 1, False)]},
        (2.0, 0.5): {0: [(1, "end", 3, True)], 1: [(1, (0.0, 1.0), 0, False)]},
    },
    {(0.0, 1.0): "2/3", (1.0, 1.0): "1/3"},
    horizon=4,
    discount="1/2",
)


@pytest.fixture(scope="module")
def batch():
    return sample(GAME, TabularPolicy(GAME), 200, seed=0)


def steps_of(batch):
    """Each episode's steps as plain Python rows."""
    first = 0
    for number, length in enumerate(batch.lengths.tolist()):
        yield number, range(first, first + length)
        first += length


def test_shapes_and_dtypes(batch):
    steps = int(batch.lengths.sum())
    floats = {"rewards", "future_returns", "log_probs"}
    for name in floats:
        assert (getattr(batch, name).shape, getattr(batch, name).dtype) == ((steps,), torch.float64), name
    for name in ("observations", "next_observations"):
        assert (getattr(batch, name).shape, getattr(batch, name).dtype) == ((steps, 2), torch.float64), name
    for name in ("actions", "episode_index", "time_steps"):
        assert (getattr(batch, name).shape, getattr(batch, name).dtype) == ((steps,), torch.int64), name
    for name in ("dones", "terminated", "truncated"):
        assert (getattr(batch, name).shape, getattr(batch, name).dtype) == ((steps,), torch.bool), name
    assert (batch.legal_actions.shape, batch.legal_actions.dtype) == ((steps, 3), torch.bool)
    for name in ("lengths", "group_index"):
        assert (getattr(batch, name).shape, getattr(batch, name).dtype) == ((200,), torch.int64), name
    assert batch.num_episodes == 200


def test_every_step_is_one_the_game_allows(batch):
    for number, steps in steps_of(batch):
        starts = [state for _, state in GAME.starts()]
        assert tuple(batch.observations[steps[0]].tolist()) == starts[batch.group_index[number]]
        for time, step in enumerate(steps):
            state, action = tuple(batch.observations[step].tolist()), int(batch.actions[step])
            legal = GAME.legal_actions(state)
            assert action in legal
            assert batch.legal_actions[step].nonzero().flatten().tolist() == list(legal)
            assert batch.episode_index[step] == number
            assert batch.time_steps[step] == time
            last = step == steps[-1]
            assert bool(batch.dones[step]) == bool(batch.terminated[step]) == last
            following = [(float(r), end or time == 3) for _, s, r, end in GAME.step(state, action)]
            assert (float(batch.rewards[step]), last) in following
            if last:
                assert batch.next_observations[step].tolist() == [0, 0]
            else:
                assert torch.equal(batch.next_observations[step], batch.observations[step + 1])
    assert not batch.truncated.any()


def test_future_returns_are_discounted_sums_within_the_episode(batch):
    for _, steps in steps_of(batch):
        for step in steps:
            later = range(step, steps[-1] + 1)
            told = sum(float(batch.rewards[s]) * 0.5 ** (s - step) for s in later)
            assert float(batch.future_returns[step]) == pytest.approx(told, abs=1e-15)  # dyadic: exact but for order


def test_log_probs_are_those_of_the_sampling_policy(batch):
    legal = batch.legal_actions.sum(dim=1).double()  # the policy is uniform over what is legal
    torch.testing.assert_close(batch.log_probs, -legal.log(), rtol=0, atol=1e-15)
    assert not batch.log_probs.requires_grad


def test_floats_have_the_dtype_of_the_policy():
    batch = sample(games.robot(), nn.Linear(2, 2), 3, seed=0)
    for name in ("observations", "rewards", "future_returns", "log_probs", "next_observations"):
        assert getattr(batch, name).dtype == torch.float32


def test_numbers_that_round_to_one_float_become_one_hot_rows():
    third = Fraction(1, 3)
    close = {
        third: {0: [(1, third + Fraction(1, 10**30), 0, False)]},
        third + Fraction(1, 10**30): {0: [(1, 0, 1, True)]},
    }
    batch = sample(TabularGame(close, third, 2), {number: [1] for number in close}, 1, seed=0)
    assert batch.observations.tolist() == [[1, 0], [0, 1]]


def test_words_for_observations_become_one_hot_rows():
    words = {"left": {0: [(1, "right", 0, False)]}, "right": {0: [(1, "end", 1, True)]}}
    batch = sample(TabularGame(words, "left", 2), {"left": [1], "right": [1]}, 1, seed=0)
    assert batch.observations.tolist() == [[1, 0], [0, 1]]
