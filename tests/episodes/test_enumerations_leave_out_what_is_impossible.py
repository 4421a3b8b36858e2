"""All episodes are those that can happen: with their probabilities, which sum to 1, and finite log-probabilities."""

import numpy as np
import pytest

from gradcheck import estimators, games
from gradcheck.estimators.batches import count_draws, enumerate_draws

ALWAYS_RIGHT = dict.fromkeys(games.robot_policy(), (0, 1))


def test_one_episode_is_left_of_a_deterministic_policy():
    every = estimators.all_episodes(games.robot(), ALWAYS_RIGHT)
    assert every.probabilities.tolist() == [1]
    assert every.episodes.rewards.tolist() == [10]
    assert every.episodes.log_probs.tolist() == [0]


def test_impossible_chances_are_out_too():
    assert estimators.all_episodes(games.robot(slip=0), games.robot_policy()).count == 4


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_all_batches_are_as_many_as_counted_and_certain_together(size):
    probabilities = np.array([0.28, 0.042, 0.3024, 0.0756, 0.3])
    drawn, weights = enumerate_draws(probabilities, size, ordered=False)
    assert len(drawn) == len(set(map(tuple, drawn.tolist()))) == count_draws(5, size, ordered=False)
    assert weights.sum() == pytest.approx(1, abs=1e-14)  # 495 roundings


def test_the_weight_of_a_batch_counts_its_orders():
    drawn, weights = enumerate_draws(np.array([0.2, 0.8]), 3, ordered=False)
    assert weights[drawn.tolist().index([0, 1, 1])] == pytest.approx(3 * 0.2 * 0.8**2, rel=1e-15)
