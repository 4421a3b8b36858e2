"""Dropout and batch statistics make a policy answer differently each time: it has no truth, and is refused."""

import pytest
import torch
from torch import nn

from gradcheck import InvalidArgument, expected_return, games, policy_gradient, sample

USES = {
    "expected_return": lambda policy: expected_return(games.robot(), policy),
    "policy_gradient": lambda policy: policy_gradient(games.robot(), policy),
    "sample": lambda policy: sample(games.robot(), policy, 10, seed=0),
}
MOODS = {
    "dropout": lambda: nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 2)),
    "batch normalisation": lambda: nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("mood", MOODS)
def test_in_training_mode(mood, use):
    torch.manual_seed(0)
    with pytest.raises(InvalidArgument, match=r"the same way each time .* Call policy.eval\(\) first"):
        USES[use](MOODS[mood]())


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("mood", MOODS)
def test_control_in_evaluation_mode_they_have_none(mood, use):
    torch.manual_seed(0)
    USES[use](MOODS[mood]().eval())


def test_a_policy_that_does_not_look_at_what_it_is_asked_is_told_so():
    with pytest.raises(InvalidArgument, match=r"got the shape of logits=\(3, 2\).* For 2 observations"):
        expected_return(games.robot(), lambda observations: torch.zeros(3, 2))
