"""Through any network: torch's own derivative of R, summed over every path, is the chain rule through the partials."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import policy_gradient
from gradcheck.estimators.policy_tables import probability_table
from gradcheck.strategies import games
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths


def network(tree, seed):
    """Two layers between the observation's features and the logits, at random weights."""
    torch.manual_seed(seed)
    features = torch.nn.LazyLinear(5, dtype=torch.float64)
    policy = torch.nn.Sequential(features, torch.nn.Tanh(), torch.nn.Linear(5, tree.game.num_actions).double())
    probability_table(policy, tree)  # the first question tells the first layer its size
    return policy


def brute_force(tree, policy):
    """R as a function of the network's parameters: Σ P(path) · return(path)."""
    x = probability_table(policy, tree)[torch.as_tensor(tree.legal_actions)]
    return sum(
        float(path.chance * path.future_returns[0]) * x[list(path.variables)].prod()
        for path in paths(unroll(tree, merge=False))
    )


@settings(max_examples=60)  # a network and two backward passes each
@given(game=games(), seed=st.integers(0, 2**32))
def test_it_is(game, seed):
    tree = unroll(game)
    policy = network(tree, seed)
    parameters = dict(policy.named_parameters())
    R = brute_force(tree, policy)
    truth = torch.autograd.grad(R, list(parameters.values()), allow_unused=True, materialize_grads=True)
    for found, expected in zip(policy_gradient(tree, policy).values(), truth, strict=True):
        # Sums of at most 100 paths of a few steps; rewards up to 100.
        assert (found - expected).abs().max() <= 1e-10


def test_control_the_gradient_of_another_policy_is_another():
    from gradcheck import games as gallery

    tree = unroll(gallery.robot())
    one, other = (policy_gradient(tree, network(tree, seed)) for seed in (0, 1))
    assert any((a - b).abs().max() > 1e-3 for a, b in zip(one.values(), other.values(), strict=True))
