"""Gradients of episodes of the robot game, sampled: right losses are equivalent, wrong ones rejected."""

import numpy as np
import pytest
import torch

from gradcheck import InvalidArgument, TabularPolicy, estimators, games, policy_gradient, unroll
from gradcheck.checking.expectation.betting_test import decide

TREE = unroll(games.robot())
POLICY = TabularPolicy(TREE, games.robot_policy())
EVERY = estimators.all_episodes(TREE, POLICY)
TRUTH = policy_gradient(TREE, POLICY)["logits"].flatten().numpy()
WEIGHTS = {
    "right": lambda e: e.future_returns,
    "a third": lambda e: e.future_returns / 3,
    "whole return": lambda e: e.rewards.sum().expand(len(e.rewards)),
    "wrong sign": lambda e: -e.future_returns,
    "first steps only": lambda e: e.future_returns * (e.time_steps == 0),
    "nothing": lambda e: 0 * e.rewards,
}


def gradients(name):
    """[K, P] of each different episode."""
    rows = []
    for number in range(EVERY.count):
        episode = EVERY.episodes.select([number])
        value = (estimators.action_log_probs(POLICY, episode) * WEIGHTS[name](episode)).sum()
        rows.append(torch.autograd.grad(value, POLICY.logits)[0].flatten().numpy())
    return np.array(rows)


def evidence(name, *, narrower=1.0, truth=TRUTH, **options):
    table, rng = gradients(name), np.random.default_rng(0)
    mean = EVERY.probabilities @ table
    return decide(
        lambda count: table[rng.choice(len(table), count, p=EVERY.probabilities)],
        truth,
        variance=EVERY.probabilities @ table**2 - mean**2,
        bounds=(narrower * table.min(axis=0), narrower * table.max(axis=0)),
        **options,
    )


@pytest.mark.parametrize(
    ("name", "exact", "proportional"),
    [
        ("right", "equivalent", "equivalent"),
        ("whole return", "equivalent", "equivalent"),
        ("a third", "reject", "equivalent"),
        ("wrong sign", "reject", "reject"),
        ("first steps only", "reject", "reject"),
        ("nothing", "reject", "undecided"),
    ],
)
def test_a_loss_is_judged_rightly(name, exact, proportional):
    assert evidence(name).decision == exact
    assert evidence(name, proportional=True).decision == proportional


def test_the_coordinates_that_are_off_are_named():
    found = evidence("right", truth=TRUTH + np.eye(6)[2])
    assert found.decision == "reject"
    assert found.coordinates == (2,)
    assert evidence("right").coordinates == ()  # control


def test_the_scale_is_estimated():
    assert evidence("a third", proportional=True).scale == pytest.approx(1 / 3, abs=0.03)


def test_what_is_small_to_the_tolerance_needs_a_smaller_one():
    assert evidence("a third", proportional=True, tolerance=0.5).draws < evidence("a third", proportional=True).draws
    assert evidence("right", tolerance=0.01).decision == "undecided"


def test_a_draw_outside_its_bounds_decides_nothing():
    found = evidence("right", narrower=0.9)
    assert found.decision == "out_of_range"
    assert ((found.low < 0.9 * gradients("right").min(axis=0)) | (found.high > 0.9 * gradients("right").max(0))).any()


def test_roundings_of_a_steady_gradient_are_no_evidence():
    rng = np.random.default_rng(0)
    truth = np.array([1.0, 0.0, 1e-3])
    found = decide(
        lambda count: truth + 1e-16 * rng.integers(0, 3, (count, 3)),
        truth,
        variance=np.zeros(3),
        bounds=(truth - 1e-15, truth + 1e-15),
    )
    assert found.decision == "equivalent"


def ones(count):
    return np.ones((count, 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"truth": [[1.0, 1.0]]}, "Expected finite numbers, one for each coordinate"),
        ({"variance": [1.0, np.nan]}, "Expected finite numbers, one for each coordinate"),
        ({"variance": [1.0]}, "Expected arrays of one length"),
        ({"bounds": ([0, 2], [1, 1])}, "Expected bounds of which the first is not above the second"),
        ({"alpha": 0}, "Expected a number between 0 and 1 but got alpha=0"),
        ({"tolerance": 1.5}, "Expected a number between 0 and 1 but got tolerance=1.5"),
        ({"draw": lambda count: np.ones(2)}, r"Expected an array of the shape \(64, 2\)"),
        ({"draw": lambda count: np.full((count, 2), np.nan)}, r"Expected finite numbers but got draw\(n\)=nan"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    good = {"draw": ones, "truth": [1, 1], "variance": [1, 1], "bounds": ([0, 0], [2, 2])}
    assert decide(**good, max_draws=3).decision == "undecided"  # control
    with pytest.raises(InvalidArgument, match=message):
        decide(**good | changes)
