"""Clips with other bounds have other expected gradients: ratios lie on both sides of each usual bound."""

from itertools import combinations

import pytest
import torch

from gradcheck import check
from tests.check.coverage.judged import judgement, log_probs, named, passes

BOUNDS = {
    "PPO, 0.2": (0.8, 1.2, None),
    "PPO, 0.3": (0.7, 1.3, None),
    "DAPO": (0.8, 1.28, None),
    "swapped": (0.72, 1.2, None),
    "inverse": (1 / 1.2, 1.2, None),
    "dual clip 2": (0.8, 1.2, 2.0),
    "dual clip 3": (0.8, 1.2, 3.0),
    "dual clip 10": (0.8, 1.2, 10.0),
}


def clipped(least, most, dual=None):
    """The clipped surrogate; its bounds come from outside, so that no probe is made for them."""

    def loss(policy, episodes):
        ratios, worth = (log_probs(policy, episodes) - episodes.log_probs).exp(), episodes.future_returns
        surrogate = torch.minimum(ratios * worth, ratios.clamp(least, most) * worth)
        if dual is not None:
            surrogate = torch.where(worth < 0, torch.maximum(surrogate, dual * worth), surrogate)
        return -surrogate.sum() / episodes.num_episodes

    return loss


def gradients(name):
    found = judgement(Hidden(clipped(*BOUNDS[name])), conditions="moved_parameters", batch=1)
    return [case.estimate.mean for case in found.cases]


class Hidden:
    """A loss whose numbers are not found."""

    __slots__ = ("call",)

    def __init__(self, loss):
        self.call = loss

    def __call__(self, policy, episodes):
        return self.call(policy, episodes)


@pytest.fixture(scope="module")
def every():
    return {name: gradients(name) for name in BOUNDS}


@pytest.mark.parametrize(("one", "other"), list(combinations(BOUNDS, 2)))
def test_two_clips_have_different_gradients_on_some_probe(one, other, every):
    pairs = zip(every[one], every[other], strict=True)
    assert any(float((a - b).norm()) > 1e-6 * float(a.norm()) for a, b in pairs)


@pytest.mark.parametrize("name", ["DAPO", "swapped", "inverse", "dual clip 10"])
def test_a_clip_does_not_get_the_name_of_another(name):
    options = {"conditions": "moved_parameters", "counterexample": False, "all_conditions": False, "batch": 2}
    found = check(clipped(*BOUNDS[name]), **options).findings[0]
    assert found.cause not in ("ppo_clip", "ppo_clip_0_2") or "0.2" not in found.title


def test_control_ppo_is_called_so():
    options = {"conditions": "moved_parameters", "counterexample": False, "all_conditions": False, "batch": 2}
    found = check(clipped(0.8, 1.2), **options).findings
    assert any("0.2" in finding.title for finding in found)


CAPS = {"at 4": 4.0, "at 12": 12.0, "at 1.25": 1.25, "at 0.75": 0.75}


@pytest.mark.parametrize(**named({name: Hidden(clipped(0.0, cap)) for name, cap in CAPS.items()}))
def test_a_cap_on_ratios_is_noticed(loss):
    assert not passes(loss, conditions="moved_parameters", reference="stepwise")


def test_control_without_a_clip_it_is_the_stepwise_surrogate():
    assert passes(Hidden(clipped(0.0, 1e6)), conditions="moved_parameters", reference="stepwise")
