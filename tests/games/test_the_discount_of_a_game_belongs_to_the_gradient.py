"""In a discounted game the gradient is Σ γ^t ∇log π · (future return); without γ^t it is the gradient of nothing.

The game: STOP pays 1 and ends; GO costs 1, and then action 0 pays nothing, action 1 pays 4. With P(GO) = 2/3 and
P(1) = 1/4 the gradient in the two sigmoid logits is (2γ/9 - 4/9, γ/2).
"""

from functools import partial

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, estimators, policy_gradient
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.report.estimates import episode_gradients
from gradcheck.tree.unroll import unroll

POLICY = {"crossroads": ("1/3", "2/3"), "shop": ("3/4", "1/4")}
TOLERANCE = 1e-15  # a few roundings of numbers below 1


def stop_or_go(discount):
    return TabularGame(
        {
            "crossroads": {0: [(1, "home", 1, True)], 1: [(1, "shop", -1, False)]},
            "shop": {0: [(1, "home", 0, True)], 1: [(1, "home", 4, True)]},
        },
        "crossroads",
        horizon=None,
        discount=discount,
    )


def expected_gradient(loss, game, policy):
    every = all_episodes(unroll(game), policy)
    flat = every.probabilities @ episode_gradients(loss, policy, every.episodes)
    return flat.reshape(2, 2)[:, 1].tolist()  # the logits of action 1: those of a sigmoid


@pytest.mark.parametrize("discount", [1, 0.5, 0])
def test_the_exact_gradient(discount):
    game = stop_or_go(discount)
    gradient = policy_gradient(game, TabularPolicy(game, POLICY))["logits"][:, 1]
    told = torch.tensor([2 * discount / 9 - 4 / 9, discount / 2], dtype=torch.float64)
    torch.testing.assert_close(gradient, told, rtol=0, atol=TOLERANCE)


def test_both_losses_with_the_factor_have_that_expectation():
    game = stop_or_go("1/2")
    policy = TabularPolicy(game, POLICY)
    for loss in (estimators.log_prob, estimators.inverse_prob):
        weighed = partial(loss, weights=estimators.from_the_start(0.5))
        assert expected_gradient(weighed, game, policy) == pytest.approx([-1 / 3, 1 / 4], abs=TOLERANCE)


def test_the_factor_has_the_precision_of_the_returns():
    # 0.9 is rounded in float32, one half is not: a factor in float32 would go unnoticed at one half.
    game = stop_or_go("9/10")
    policy = TabularPolicy(game, POLICY)
    weighed = partial(estimators.log_prob, weights=estimators.from_the_start(0.9))
    assert expected_gradient(weighed, game, policy) == pytest.approx([1.8 / 9 - 4 / 9, 0.45], abs=TOLERANCE)


def test_without_the_factor_the_second_step_counts_twice():
    game = stop_or_go("1/2")
    found = expected_gradient(estimators.log_prob, game, TabularPolicy(game, POLICY))
    assert found == pytest.approx([-1 / 3, 2 / 4], abs=TOLERANCE)


def test_undiscounted_the_factor_changes_nothing():
    game = stop_or_go(1)
    policy = TabularPolicy(game, POLICY)
    weighed = partial(estimators.log_prob, weights=estimators.from_the_start(1))
    assert expected_gradient(weighed, game, policy) == expected_gradient(estimators.log_prob, game, policy)
