"""∇R by the chain rule through the partials is what autograd finds when R itself is written on torch."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gradcheck import TabularGame, games, policy_gradient, symbolic_sums
from gradcheck.strategies import robot_games


def network(inputs, outputs, seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, 4), nn.Tanh(), nn.Linear(4, outputs)).double()


def R_on_torch(game, policy):
    """The sum over paths, with the policy asked at every step of every path."""
    sums = symbolic_sums(game)
    total = torch.zeros((), dtype=torch.float64)
    for path in sums.polynomials.paths:
        probability = torch.tensor(float(path.chance), dtype=torch.float64)
        for variable in path.variables:
            observation, action = sums.variables[variable]
            logits = policy(torch.tensor([observation], dtype=torch.float64))
            probability = probability * logits.softmax(dim=-1)[0, action]
        total = total + probability * float(path.future_returns[0])
    return total


def difference(game, policy):
    found = policy_gradient(game, policy)
    told = torch.autograd.grad(R_on_torch(game, policy), list(policy.parameters()))
    return max(
        float((found[name] - t).abs().max()) for (name, _), t in zip(policy.named_parameters(), told, strict=True)
    )


@settings(max_examples=100)
@given(game=robot_games(), seed=st.integers(0, 2**32))
def test_on_robot_games(game, seed):
    # Terms up to 300, a hundred roundings of 2**-53.
    assert difference(game, network(2, 2, seed)) <= 100 * 300 * 2.0**-53


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_where_information_sets_are_shared_and_rewards_discounted(seed):
    cells = {
        cell: {
            0: [(1, max(cell - 1, 0), -1, False)],
            1: [("2/3", cell + 1, 5, cell == 2), ("1/3", cell, -1, False)],
        }
        for cell in range(3)
    }
    looks = {0: (0.0, 1.0), 1: (1.0, 1.0), 2: (1.0, 1.0)}
    game = TabularGame(cells, {0: "1/4", 2: "3/4"}, horizon=4, observations=looks, discount="9/10")
    assert difference(game, network(2, 2, seed)) <= 100 * 20 * 2.0**-53


def test_parameters_R_does_not_depend_on_have_gradient_zero():
    policy = network(2, 2, 0)
    policy.register_parameter("unused", nn.Parameter(torch.ones(3, dtype=torch.float64)))
    assert policy_gradient(games.robot(), policy)["unused"].tolist() == [0, 0, 0]


def test_frozen_parameters_are_left_out():
    policy = network(2, 2, 0)
    policy[0].requires_grad_(False)
    assert set(policy_gradient(games.robot(), policy)) == {"2.weight", "2.bias"}


def test_control_another_game_has_another_gradient():
    policy = network(2, 2, 0)
    assert abs(float(sum(g.abs().sum() for g in policy_gradient(games.robot(), policy).values()))) > 0.1
    told = policy_gradient(games.robot(diamond=4), policy)
    assert not torch.allclose(told["2.bias"], policy_gradient(games.robot(), policy)["2.bias"])
