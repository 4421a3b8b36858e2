"""Monte Carlo: the estimates of ∂R/∂x lie within Bernstein's bounds, which a right estimator leaves with
probability at most 1e-6, at every number of episodes. The seeds are fixed, so the tests cannot flake."""

import numpy as np
import pytest

from gradcheck import estimators, games, partials
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.policies import ProbabilityTable
from gradcheck.estimators.sampling import sample_counts
from gradcheck.report.estimates import estimate
from gradcheck.tree.unroll import unroll

FALSE_ALARM = 1e-6


def estimates(loss, size, seed):
    tree = unroll(games.robot())
    every = all_episodes(tree, games.robot_policy())
    exact = np.array([float(value) for value in partials(tree, games.robot_policy()).values()])
    table = ProbabilityTable(tree, games.robot_policy())
    return estimate(loss, table, every, sample_counts(every, size, seed), exact, false_alarm=FALSE_ALARM)


@pytest.mark.parametrize("size", [1, 10, 1_000, 1_000_000])
@pytest.mark.parametrize("loss", [estimators.log_prob, estimators.inverse_prob])
def test_right_estimators_are_within_bounds(loss, size):
    assert all(one.agrees for one in estimates(loss, size, seed=7))


def test_the_bound_shrinks_like_one_over_the_square_root_of_the_episodes():
    small, large = (estimates(estimators.log_prob, size, seed=7)[0].bound for size in (10_000, 1_000_000))
    assert 9.5 < small / large < 12  # 10, and a little more for the range, which goes down like 1/n


def off_by_one(policy, batch):
    return estimators.log_prob(policy, batch, weights=lambda e: e.future_returns - e.rewards)


def forgotten_inverse(policy, batch):
    probs = policy(batch.observations).probs.gather(-1, batch.actions[:, None]).squeeze(-1)
    return -(probs * batch.future_returns).sum() / batch.num_episodes


def flipped_sign(policy, batch):
    return -estimators.log_prob(policy, batch)


@pytest.mark.parametrize("wrong", [off_by_one, forgotten_inverse, flipped_sign])
def test_control_a_wrong_estimator_is_out_of_bounds(wrong):
    assert not all(one.agrees for one in estimates(wrong, 10_000, seed=7))


def test_a_single_episode_has_no_standard_error():
    assert all(one.standard_error is None for one in estimates(estimators.log_prob, 1, seed=7))


def test_the_standard_error_is_that_of_the_sample():
    # Against numpy on the sample written out, one row for each episode.
    tree = unroll(games.robot())
    every = all_episodes(tree, games.robot_policy())
    counts = sample_counts(every, 500, seed=3)
    x5 = {(0, 3, 5): 10 / 0.2}  # the future return over the probability, in the one episode that takes x5
    values = np.repeat([x5.get(path, 0.0) for path in [(0, 2), (0, 3), (0, 3, 4), (0, 3, 5), (1,)]], counts)
    found = estimates(estimators.log_prob, 500, seed=3)[5]
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(500), rel=1e-12)
