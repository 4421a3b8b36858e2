"""Variances of a table of logits need no matrix where no observation comes twice; what needs too much is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import InvalidArgument, TabularGame
from gradcheck.gradient_variance import gradient_moments
from gradcheck.tree.unroll import unroll
from gradcheck.tree.variance import step_pairs
from gradcheck.tree.variance.moments import meets_once, score_moments
from gradcheck.tree.variance.optimal_baseline import optimal_baseline

CONTEXTS, ACTIONS = 12_500, 4


@pytest.fixture(scope="module")
def fifty_thousand_logits():
    """One action in one of many contexts, and the reward of each."""
    rewards = np.random.default_rng(0).normal(size=(CONTEXTS, ACTIONS))
    table = {
        context: {action: [(1, "end", reward, True)] for action, reward in enumerate(row)}
        for context, row in enumerate(rewards.tolist())
    }
    return unroll(TabularGame(table, dict.fromkeys(range(CONTEXTS), 1 / CONTEXTS), horizon=1)), rewards


def test_fifty_thousand_logits(fifty_thousand_logits):
    tree, rewards = fifty_thousand_logits
    pi = np.array([0.1, 0.2, 0.3, 0.4])
    found = score_moments(tree, np.tile(pi, CONTEXTS))
    scores = np.eye(ACTIONS) - pi
    mean = rewards @ (pi[:, None] * scores) / CONTEXTS
    second = rewards**2 @ (pi[:, None] * scores**2) / CONTEXTS
    assert found.mean == pytest.approx(mean.ravel(), rel=1e-9, abs=1e-18)
    assert found.variance == pytest.approx((second - mean**2).ravel(), rel=1e-9)


def test_their_baselines(fifty_thousand_logits):
    tree, rewards = fifty_thousand_logits
    found = optimal_baseline(tree, np.full(CONTEXTS * ACTIONS, 1 / ACTIONS), kind="per_observation")
    assert found == pytest.approx(rewards.mean(axis=1), abs=1e-14)  # all scores are equally long


def test_their_covariance_is_refused_with_its_size(fifty_thousand_logits):
    tree, _ = fifty_thousand_logits
    with pytest.raises(InvalidArgument, match=r"at most 2,147,483,648 bytes .* 50,000 variables"):
        score_moments(tree, np.full(CONTEXTS * ACTIONS, 1 / ACTIONS), covariance=True)


def test_a_covariance_of_logits_most_of_which_are_illegal_is_refused():
    game = TabularGame(
        {state: {action: [(1, "end", action, True)] for action in (0, 1999)} for state in range(20)},
        dict.fromkeys(range(20), "1/20"),
        horizon=1,
    )
    policy = {state: {0: 0.5, 1999: 0.5} for state in range(20)}
    assert gradient_moments(game, policy).variance["logits"].shape == (20, 2000)
    with pytest.raises(InvalidArgument, match="40,000 logits"):
        gradient_moments(game, policy, covariance=True)


def test_a_long_walk_over_many_states_is_refused_with_its_length():
    walk = {state: {0: [(1, (state + 1) % 2000, 0, False)], 1: [(1, state, 1, False)]} for state in range(2000)}
    tree = unroll(TabularGame(walk, dict.fromkeys(walk, 1 / 2000), horizon=200))
    assert not meets_once(tree)
    x = np.full(4000, 1 / 2)
    with pytest.raises(InvalidArgument, match=r"at most 20,000,000,000 multiplications .* 800,000 edges"):
        score_moments(tree, x)
    few = score_moments(tree, x, scores=np.tile([[1.0], [-1.0]], (2000, 1)))  # one parameter: all logits are (θ, -θ)
    assert few.mean == pytest.approx([-100], rel=1e-12)  # 200 steps, each worth 1 / (1 + exp(2θ)) at θ = 0


def test_what_is_computed_in_parts_is_what_is_computed_at_once(estimator, softmax_scores):
    """A thousand columns of 30,000 outcomes do not fit in one temporary array; five do."""
    rng = np.random.default_rng(0)
    crowd = {
        state: {
            action: [(1 / 30, after, reward, False) for after, reward in zip(places, rng.normal(size=30).tolist())]
            for action, places in enumerate(rng.integers(0, 500, size=(2, 30)).tolist())
        }
        for state in range(500)
    }
    tree = unroll(TabularGame(crowd, dict.fromkeys(crowd, 1 / 500), horizon=3, discount="9/10"))
    x = np.tile([0.3, 0.7], 500)
    scores = softmax_scores(tree, x)
    assert 1000 * 2 * (tree.edge_levels[1].stop - tree.edge_levels[1].start) > step_pairs._NUMBERS
    by_units = score_moments(tree, x, covariance=True, **estimator).covariance
    by_rows = score_moments(tree, x, covariance=True, scores=scores[:, :999], **estimator).covariance
    by_few = score_moments(tree, x, covariance=True, scores=scores[:, -5:], **estimator).covariance
    size = by_units.diagonal().max()
    assert abs(by_units[:999, :999] - by_rows).max() <= 1e-12 * size
    assert abs(by_units[-5:, -5:] - by_few).max() <= 1e-12 * size
    # Without the last column, and so without half of the last observation's logits.
    found, told = (
        optimal_baseline(tree, x, kind="per_observation", scores=some, **estimator) for some in (scores[:, :999], None)
    )
    assert found[:-1] == pytest.approx(told[:-1], rel=1e-11)


@settings(max_examples=100)  # two recursions in each
@given(seed=st.integers(0, 2**32), discount=st.sampled_from([1, "1/2"]))
def test_without_and_with_matrices_the_variance_is_the_same(seed, discount, estimator):
    rng = np.random.default_rng(seed)
    rooms = {
        (floor, room): {
            action: [(1, (floor + 1, int(rng.integers(3))), float(rng.normal()), floor == 3)]
            for action in range(1 + int(rng.integers(3)))
        }
        for floor in range(4)
        for room in range(3)
    }
    tree = unroll(TabularGame(rooms, {(0, 0): "1/2", (0, 1): "1/2"}, None, discount=discount))
    assert meets_once(tree)
    infoset = np.nonzero(tree.legal_actions)[0]
    x = rng.random(len(tree.variables))
    x /= np.bincount(infoset, x)[infoset]
    found = score_moments(tree, x, **estimator).variance
    assert found == pytest.approx(score_moments(tree, x, covariance=True, **estimator).variance, rel=1e-11, abs=1e-14)


def test_control_an_observation_at_two_times_is_met_twice():
    assert not meets_once(unroll(TabularGame({"a": {0: [(1, "a", 1, False)]}}, "a", horizon=2)))
