"""For any module: the moments are those of the gradients that autograd finds for each episode by itself."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from gradcheck import LinearPolicy, TabularGame, TabularPolicy, estimators, games, policy_gradient
from gradcheck.estimators.gradients import score_jacobian
from gradcheck.gradient_variance import gradient_moments
from gradcheck.report.estimates import episode_gradients
from gradcheck.tree.unroll import unroll

GAME = TabularGame(
    {
        (0.0, 1.0): {0: [("1/2", (1.0, 1.0), 2, False), ("1/2", "out", 1, True)], 2: [(1, (2.0, 0.5), -1, False)]},
        (1.0, 1.0): {1: [("1/3", (0.0, 1.0), 1, False), ("2/3", "out", 4, True)]},
        (2.0, 0.5): {0: [(1, (0.0, 1.0), 3, False)], 1: [(1, "out", 0, True)]},
    },
    {(0.0, 1.0): "2/3", (2.0, 0.5): "1/3"},
    horizon=3,
    discount="4/5",
)
BASELINE = 0.75


class Softmax(nn.Module):
    """A network that returns a distribution, and has a parameter of its own for nothing."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3).double()
        self.unused = nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, observations):
        return torch.distributions.Categorical(logits=self.layer(observations))


def network():
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def table():
    return TabularPolicy(GAME, {(0.0, 1.0): (0.3, 0, 0.7), (1.0, 1.0): (0, 1, 0), (2.0, 0.5): (0.9, 0.1, 0)})


def reward_to_go(episodes):
    return (episodes.future_returns - BASELINE) * 0.8 ** episodes.time_steps.double()


def from_itself(episodes):
    return episodes.future_returns - BASELINE


def total_return(episodes):
    first = episodes.lengths.cumsum(0) - episodes.lengths
    return episodes.future_returns[first][episodes.episode_index] - BASELINE


WEIGHTS = {
    "reward-to-go": (reward_to_go, {}),
    "each step from itself": (from_itself, {"from_the_start": False}),
    "total return": (total_return, {"estimator": "total_return"}),
}


def by_episode(policy, weights):
    every = estimators.all_episodes(unroll(GAME, merge=False), policy)
    rows = episode_gradients(partial(estimators.log_prob, weights=weights), policy, every.episodes)
    return every.probabilities, rows


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("policy", [network, table, Softmax])
def test_the_moments_are_those_of_the_episodes(policy, weights):
    torch.manual_seed(0)
    policy = policy()
    function, arguments = WEIGHTS[weights]
    probabilities, rows = by_episode(policy, function)
    mean = probabilities @ rows
    covariance = (rows - mean).T @ (probabilities[:, None] * (rows - mean))
    found = gradient_moments(GAME, policy, baseline=BASELINE, covariance=True, **arguments)
    size = abs(rows).max()  # a few hundred roundings
    assert abs(found.flat.mean - mean).max() <= 1e-13 * size
    assert abs(found.flat.covariance - covariance).max() <= 1e-13 * size**2
    assert list(found.shapes) == [name for name, _ in policy.named_parameters()]
    for name, parameter in policy.named_parameters():
        assert found.mean[name].shape == found.variance[name].shape == tuple(parameter.shape)
        assert found.standard_error(4)[name] == pytest.approx(np.sqrt(found.variance[name]) / 2)


def test_a_table_is_the_tabular_policy_with_these_probabilities():
    given = {(0.0, 1.0): {0: 0.3, 2: 0.7}, (1.0, 1.0): {1: 1}, (2.0, 0.5): {0: 0.9, 1: 0.1}}
    found, told = (gradient_moments(GAME, policy, covariance=True) for policy in (given, table()))
    assert found.flat.covariance == pytest.approx(told.flat.covariance, abs=1e-15)
    assert found.variance["logits"].shape == (3, 3)
    assert unroll(GAME).observations == ((0.0, 1.0), (2.0, 0.5), (1.0, 1.0))
    assert (found.variance["logits"] == 0).tolist() == [[False, True, False], [False, False, True], [True, True, True]]


def test_a_table_made_for_the_same_observations_in_another_order():
    reversed_rows = TabularGame(GAME.P, (2.0, 0.5), GAME.horizon, discount=GAME.discount)
    policy = table()
    assert unroll(reversed_rows).observations != unroll(GAME).observations
    found = gradient_moments(reversed_rows, policy).mean["logits"]
    assert found == pytest.approx(policy_gradient(reversed_rows, policy)["logits"].numpy(), abs=1e-14)


def test_frozen_parameters_are_left_out():
    policy = network()
    policy[0].requires_grad_(False)
    assert set(gradient_moments(GAME, policy).mean) == {"2.weight", "2.bias"}


def test_a_network_in_single_precision():
    torch.manual_seed(0)
    policy = network()
    told = gradient_moments(GAME, policy).flat.variance
    assert gradient_moments(GAME, policy.float()).flat.variance == pytest.approx(told, rel=1e-5, abs=1e-5)


def test_actions_that_are_never_taken_make_no_nan():
    policy = LinearPolicy(games.robot())
    with torch.no_grad():
        policy.layer.bias[0] = -torch.inf
    found = score_jacobian(policy, unroll(games.robot()))
    assert found.x.tolist() == [0, 1] * 3
    assert not found.scores.any()
    assert np.isfinite(gradient_moments(games.robot(), policy, covariance=True).flat.covariance).all()


def test_control_other_weights_have_other_moments():
    policy = table()
    probabilities, rows = by_episode(policy, lambda episodes: episodes.future_returns)
    found = gradient_moments(GAME, policy, from_the_start=False, baseline=BASELINE).flat
    assert abs(found.variance - (probabilities @ rows**2 - found.mean**2)).max() > 0.1
