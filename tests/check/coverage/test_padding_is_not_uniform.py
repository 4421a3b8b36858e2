"""Losses that take what the policy says of padding for the uniform policy fail: the policies have a bias."""

import math

import pytest
import torch

from tests.check.coverage.judged import named, passes


def padded(mend):
    """The padded form, with something done to the log-probabilities of padding in the place of a mask."""

    def loss(policy, episodes):
        seen, mask = episodes.padded("observations")
        actions, _ = episodes.padded("actions")
        rewards, _ = episodes.padded("rewards")
        logits = policy(seen)
        every = logits.log_softmax(-1).gather(2, actions[:, :, None]).squeeze(2)
        returns = rewards.flip(1).cumsum(1).flip(1)
        uniform = -math.log(logits.shape[-1])
        total = (every * returns * mask).sum(1)
        return -(total * mend(every.detach(), mask, uniform)).mean()

    return loss


LOSSES = {
    "the sum over a row, less what a uniform policy gives": padded(
        lambda every, mask, uniform: 1 + ((every - uniform) * ~mask).sum(1)
    ),
    "rows counted by their uniform entries": padded(
        lambda every, mask, uniform: 1 + ((every - uniform).abs() * ~mask > 1e-9).sum(1)
    ),
    "rows whose padding is not uniform dropped": padded(
        lambda every, mask, uniform: 1.0 - ((every - uniform).abs() * ~mask > 1e-9).any(1).double()
    ),
}


@pytest.mark.parametrize(**named(LOSSES))
def test_it_is_noticed(loss):
    assert not passes(loss, batch=2)


def test_control_with_a_mask_it_is_right():
    assert passes(padded(lambda every, mask, uniform: torch.ones(len(mask), dtype=torch.float64)), batch=2)
