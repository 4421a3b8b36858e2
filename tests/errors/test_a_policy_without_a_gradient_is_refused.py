"""``policy_gradient`` needs probabilities that depend on parameters; a cut graph is named, and not taken for zero."""

import pytest
import torch
from torch import nn

from gradcheck import InvalidArgument, games, policy_gradient


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, observations):
        return self.layer(observations).detach()


def test_a_detached_output_is_refused():
    with pytest.raises(InvalidArgument, match=r"probabilities have a gradient .* look for a \.detach\(\)"):
        policy_gradient(games.robot(), Detached())


def test_control_the_same_layer_with_its_graph_is_fine():
    assert set(policy_gradient(games.robot(), Detached().layer)) == {"weight", "bias"}


def test_torch_no_grad_around_the_call_is_the_callers_own_and_refused_too():
    with torch.no_grad(), pytest.raises(InvalidArgument, match="probabilities have a gradient"):
        policy_gradient(games.robot(), Detached().layer)
