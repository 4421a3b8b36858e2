"""Whatever cannot be used is refused by name, with what was expected."""

import numpy as np
import pytest
import torch
from torch import nn

from gradcheck import InvalidArgument, TabularGame, TabularPolicy, games
from gradcheck.gradient_variance import gradient_moments, optimal_baseline
from gradcheck.tree.unroll import unroll
from gradcheck.tree.variance import optimal_baseline as baselines
from gradcheck.tree.variance.moments import score_moments

TREE = unroll(games.robot_one_step())
X = np.array([0.5, 0.5])
POLICY = {(2, 1): (0.5, 0.5)}
BAD = {
    "x": [np.array([0.5, 0.4]), np.array([1.5, -0.5]), np.array([np.nan, 1]), np.array([1.0]), ["half", "half"]],
    "estimator": ["gae", None],
    "from_the_start": [1, None],
    "baseline": [np.array([1.0, 2.0]), np.array([np.inf]), float("nan"), "much", np.array(["a"])],
    "scores": [np.ones((3, 1)), np.ones(2), np.ones((2, 0)), np.array([[np.nan], [1]]), [["a"], ["b"]], [[1], [1, 2]]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_of_score_moments(name, value):
    arguments = {"x": X, name: value}
    with pytest.raises(InvalidArgument, match=rf"Expected .* but got .*{name}.*="):
        score_moments(TREE, **arguments)


def test_total_returns_are_discounted_from_the_start():
    for function in (score_moments, baselines.optimal_baseline):
        with pytest.raises(InvalidArgument, match="for total returns but got from_the_start=False"):
            function(TREE, X, estimator="total_return", from_the_start=False)


@pytest.mark.parametrize("baseline", [{}, {(2, 1): "much"}, {(2, 1): 1, "elsewhere": 2}, "much", None])
def test_baselines_by_observation(baseline):
    with pytest.raises(InvalidArgument, match=r"Expected .* but got .*baseline.*="):
        gradient_moments(games.robot_one_step(), POLICY, baseline=baseline)


def test_a_kind_of_baseline():
    for function, policy in ((baselines.optimal_baseline, X), (optimal_baseline, POLICY)):
        with pytest.raises(InvalidArgument, match="but got kind='best'"):
            function(TREE, policy, kind="best")


def test_baselines_need_scores_with_mean_zero():
    with pytest.raises(InvalidArgument, match="scores with mean zero"):
        baselines.optimal_baseline(TREE, X, scores=np.diag(1 / X))
    baselines.optimal_baseline(TREE, X, scores=np.array([[1.0], [-1.0]]))


@pytest.mark.parametrize("policy", [None, lambda observations: observations, "uniform", TabularPolicy])
def test_a_policy(policy):
    with pytest.raises(InvalidArgument, match=r"Expected an nn\.Module or a table"):
        gradient_moments(games.robot_one_step(), policy)


class Constant(nn.Module):
    """Has a parameter, and no use for it."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.ones(1))

    def forward(self, observations):
        return torch.zeros(len(observations), 2)


@pytest.mark.parametrize("policy", [Constant(), nn.Identity(), TabularPolicy(TREE).requires_grad_(False)])
def test_a_policy_without_a_gradient(policy):
    with pytest.raises(InvalidArgument, match="gradient"):
        gradient_moments(games.robot_one_step(), policy)


def test_rewards_whose_squares_are_no_floats():
    huge = TabularGame({"a": {0: [(1, "b", 1e200, True)], 1: [(1, "b", 0, True)]}}, "a", 1)
    with pytest.raises(InvalidArgument, match="a finite variance"):
        gradient_moments(huge, {"a": (0.5, 0.5)})
    assert optimal_baseline(huge, {"a": (0.5, 0.5)}) == 5e199


def test_control_good_arguments_are_not_refused():
    assert score_moments(TREE, X, baseline=np.array([1.0]), scores=[[1, 0], [0, 1]]).variance.shape == (2,)
    assert gradient_moments(games.robot_one_step(), POLICY, baseline={(2, 1): "1/2"}).flat.total_variance > 0
