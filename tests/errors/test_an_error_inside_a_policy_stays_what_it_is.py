"""An exception raised by the user's policy is passed on as it is, with a note of what the policy was given."""

import pytest
import torch
from torch import nn

from gradcheck import InvalidArgument, expected_return, games, policy_gradient, sample

NOTE = "The policy was called with observations of shape (3, 2) and dtype {}."


def raises(observations):
    return 1 / (observations.sum() * 0).long().item()


def test_a_division_by_zero_stays_one():
    with pytest.raises(ZeroDivisionError) as caught:
        expected_return(games.robot(), raises)
    assert caught.value.__notes__ == [NOTE.format("float64")]


@pytest.mark.parametrize("call", [expected_return, policy_gradient, lambda *given: sample(*given, 1, 0)])
def test_a_network_for_other_observations_is_told_theirs(call):
    with pytest.raises(RuntimeError, match="3x2 and 5x2") as caught:
        call(games.robot(), nn.Linear(5, 2))
    assert caught.value.__notes__ == [NOTE.format("float32")]


def test_a_function_without_arguments_is_told():
    with pytest.raises(TypeError, match="positional argument") as caught:
        expected_return(games.robot(), lambda: None)
    assert caught.value.__notes__


def test_control_what_a_policy_returns_is_our_own_error_and_has_no_note():
    with pytest.raises(InvalidArgument) as caught:
        expected_return(games.robot(), lambda observations: torch.zeros(1))
    assert not hasattr(caught.value, "__notes__")
