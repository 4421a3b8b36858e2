"""``from_steps`` discounts, knows the number of actions, ends each episode for itself, and refuses what is no batch."""

import pytest
import torch

from gradcheck import InvalidArgument
from gradcheck.estimators.episodes import from_steps

STEPS = {
    "observations": [(1.0,), (2.0,), (3.0,)],
    "actions": [0, 1, 0],
    "rewards": [4, 8, 2],
    "dones": [False, True, True],
}


def test_the_discount():
    assert from_steps(**STEPS, discount="1/2").future_returns.tolist() == [8, 8, 2]
    assert from_steps(**STEPS).future_returns.tolist() == [12, 8, 2]


def test_the_number_of_actions():
    assert from_steps(**STEPS).legal_actions.shape == (3, 2)
    assert from_steps(**STEPS, num_actions=5).legal_actions.shape == (3, 5)


def test_the_next_observation_does_not_come_from_the_next_episode():
    assert from_steps(**STEPS).next_observations.tolist() == [[2], [0], [0]]


def test_the_dtype():
    assert from_steps(**STEPS, dtype=torch.float32).rewards.dtype == torch.float32


BAD = {
    "an action below 0": ({"actions": [0, -1, 0]}, r"actions\[1\]=-1"),
    "half an action": ({"actions": [0, 1.5, 0]}, r"actions\[1\]=1.5"),
    "an action in words": ({"actions": ["left", 1, 0]}, r"actions\[0\]='left'"),
    "more actions than there are": ({"num_actions": 1}, "num_actions=1"),
    "a reward that is no number": ({"rewards": [1, float("nan"), 1]}, r"rewards\[1\]=nan"),
    "a discount above 1": ({"discount": 2}, "discount=2"),
    "a discount in words": ({"discount": "x"}, "discount='x'"),
    "ragged observations": ({"observations": [(1.0,), (1.0, 2.0), (3.0,)]}, "observations="),
    "lists of different lengths": ({"rewards": [1, 2]}, "rewards="),
    "an unfinished episode": ({"dones": [False, True, False]}, "dones="),
    "nothing": ({"observations": [], "actions": [], "rewards": [], "dones": []}, "dones="),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_batch_is_refused(name):
    change, named = BAD[name]
    with pytest.raises(InvalidArgument, match=named):
        from_steps(**STEPS | change)
