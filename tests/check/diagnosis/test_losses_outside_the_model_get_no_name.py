"""What no combination of known mistakes explains is not given a name by coincidence."""

import random

import pytest

from tests.check.diagnosis.mistaken import diagnosed, episode_mean, log_probs, names, sequence_mean, taken_probs
from tests.exhaustive import one_of_each


def weights(episodes, numbers):
    """[T] returns that are bent by time, length and the square of the reward: no known mistake."""
    times, lengths = episodes.time_steps, episodes.lengths[episodes.episode_index]
    bent = episodes.future_returns * (1 + numbers[0] * times) + numbers[1] * episodes.rewards.square()
    return bent + numbers[2] * lengths


def unknown(seed):
    """One of three kinds of losses, with random numbers in it."""
    numbers = [random.Random(f"outside {seed}").uniform(-1, 1) for _ in range(5)]
    numbers += [random.Random(f"outside {seed} {k}").uniform(0.2, 1.0) for k in range(2)]

    def loss(policy, e):
        terms = log_probs(policy, e) * weights(e, numbers)
        if seed % 3 == 1:
            terms = terms * (1 + numbers[5] * taken_probs(policy, e).detach())
        if seed % 3 == 2:
            terms = terms / e.lengths[e.episode_index] ** (1 + numbers[6])
        return -episode_mean(terms, e)

    return loss


@pytest.mark.parametrize("seed", one_of_each(range(30), kind=lambda seed: seed % 3))
def test_a_random_loss_gets_no_name(seed):
    result = diagnosed(unknown(seed), batch=2)
    assert names(result) == ["unexplained"]
    assert "No known mistake" in result.findings[0].title


@pytest.mark.parametrize("seed", range(3))
def test_control_the_same_with_a_known_mistake_in_their_place_is_named(seed):
    numbers = [random.Random(f"outside {seed}").uniform(-1, 1), 0.0, 0.0]

    def known(policy, e):
        del numbers[3:]
        return -sequence_mean(log_probs(policy, e) * (2 + numbers[0]) * weights(e, [0.0, 0.0, 0.0]), e)

    assert names(diagnosed(known, batch=2)) == ["sequence_mean"]
