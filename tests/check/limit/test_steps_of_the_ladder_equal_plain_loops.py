"""Claim: the numbers of the ladder are those of nested loops over all batches, and the limit is where they lead."""

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, check
from tests.check.brute_force.gradients import expected_gradient, true_gradient
from tests.check.brute_force.play import Setting
from tests.check.brute_force.verdicts import relation
from tests.check.limit.losses import baseline_by_action, mean_over_steps, plus_entropy

GAME = TabularGame(
    {
        (1.0, 0.0): {0: [(1, "end", 2, True)], 1: [(1, (0.0, 1.0), -1, False)]},
        (0.0, 1.0): {0: [(1, "end", 3, True)], 1: [(1, "end", -2, True)]},
    },
    (1.0, 0.0),
    2,
)
LOSSES = [mean_over_steps, plus_entropy(lambda n: n**-0.5), baseline_by_action(0.5)]


@pytest.mark.parametrize("loss", LOSSES, ids=["mean over steps", "entropy/√N", "baseline by action"])
def test_each_step(loss):
    policy = TabularPolicy(GAME, {(1.0, 0.0): [0.3, 0.7], (0.0, 1.0): [0.6, 0.4]})
    setting = Setting("game", "complete_episodes", GAME, policy, policy)
    truth = true_gradient(setting, None)
    result = check(loss, GAME, policy, batch=2, all_conditions=False, counterexample=False)
    steps = dict(result.limit.enumerated)
    assert {2, 4} <= set(steps)
    for size in (2, 3, 4):
        g = expected_gradient(loss, setting, size)
        _, scale, sine = relation(g, truth)
        assert scale > 0
        assert steps[size] == pytest.approx(1 - (1 - sine**2) ** 0.5, rel=1e-6, abs=1e-13)


def test_control_another_loss_has_other_steps():
    policy = TabularPolicy(GAME, {(1.0, 0.0): [0.3, 0.7], (0.0, 1.0): [0.6, 0.4]})
    one, other = (
        check(loss, GAME, policy, batch=2, all_conditions=False, counterexample=False).limit for loss in LOSSES[:2]
    )
    assert not torch.allclose(torch.tensor(one.enumerated[:3]), torch.tensor(other.enumerated[:3]), rtol=1e-2)
