"""Figures: normalising, and averaging over steps, keep the direction only in the limit; the effect fades."""

import math

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, estimators, games, partials, policy_gradient
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.report.finite_batch import COMMON_PRACTICES, finite_batches
from gradcheck.tree.unroll import unroll

#: Cosines at N = 2, 4, 8 from an independent computation in closed form, rounded there to the digits given.
COSINES = {
    "mean_over_steps": {2: 0.98231, 4: 0.99569, 8: 0.99896},
    "normalised": {2: 0.97078, 4: 0.99856, 8: 0.99916},
    "normalised_mean_over_steps": {2: 0.996149588, 4: 0.991205718, 8: 0.996702746},
}


@pytest.fixture(scope="module")
def found():
    tree = unroll(games.robot())
    policy = TabularPolicy(tree, games.robot_policy())
    exact = policy_gradient(tree, policy)["logits"].reshape(-1)
    losses = {**COMMON_PRACTICES, "log_prob": estimators.log_prob, "inverse_prob": estimators.inverse_prob}
    rows = finite_batches(losses, policy, all_episodes(tree, policy), exact, [2, 4, 8])
    return {(row.estimator, row.batch): row for row in rows}


@pytest.mark.parametrize("estimator", COSINES)
def test_the_direction_error_is_the_one_computed_elsewhere(found, estimator):
    for size, cosine in COSINES[estimator].items():
        assert 1 - found[estimator, size].direction_error == pytest.approx(cosine, abs=5e-6)


def test_the_scale_of_both_habits_is_the_one_computed_elsewhere(found):
    # There |E g| / |t|; here the projection of E g on t, which is the cosine times that.
    for size, ratio in {2: 0.030467, 4: 0.056268, 8: 0.063441}.items():
        row = found["normalised_mean_over_steps", size]
        assert row.scale == pytest.approx(ratio * (1 - row.direction_error), abs=1e-6)


def test_the_effect_fades_as_the_batch_grows(found):
    for estimator in ("mean_over_steps", "normalised"):
        errors = [found[estimator, size].direction_error for size in (2, 4, 8)]
        assert errors == sorted(errors, reverse=True)


def test_a_gradient_of_zero_has_no_direction():
    # Both actions are worth 3/10, one of them by chance; in floats the difference is not quite zero.
    outcomes = {0: [(1, "out", "3/10", True)], 1: [("1/3", "out", "1/10", True), ("2/3", "out", "2/5", True)]}
    tree = unroll(TabularGame({"only": outcomes}, "only", horizon=1))
    table = {"only": ("1/3", "2/3")}
    assert len(set(partials(tree, table).values())) == 1
    policy = TabularPolicy(tree, table)
    exact = policy_gradient(tree, policy)["logits"].reshape(-1)
    assert 0 < exact.norm() < 1e-15
    for row in finite_batches(COMMON_PRACTICES, policy, all_episodes(tree, policy), exact, [2, 3]):
        assert (row.direction_error, row.scale) == (None, None)


def test_control_the_losses_without_the_habits_have_no_error_at_any_size(found):
    # Rounding alone: thousands of float64 terms, each to 1e-16.
    for estimator in ("log_prob", "inverse_prob"):
        for size in (2, 4, 8):
            assert found[estimator, size].direction_error == pytest.approx(0, abs=1e-13)
            assert found[estimator, size].scale == pytest.approx(1, abs=1e-13)


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")
def test_at_one_episode_the_clamp_does_not_help():
    tree = unroll(games.robot())
    policy = TabularPolicy(tree, games.robot_policy())
    every = all_episodes(tree, policy)
    single_step = every.episodes.select([every.episodes.lengths.tolist().index(1)])
    assert math.isnan(estimators.normalised(single_step).item())
    exact = policy_gradient(tree, policy)["logits"].reshape(-1)
    normalised = finite_batches({"n": COMMON_PRACTICES["normalised"]}, policy, every, exact, [1])[0]
    assert normalised.undefined == pytest.approx(0.3, abs=1e-15)
    assert normalised.direction_error is None
    # A clamp from below keeps NaN, in torch as in every IEEE arithmetic.
    assert torch.tensor(math.nan).clamp(min=1e-6).isnan()
