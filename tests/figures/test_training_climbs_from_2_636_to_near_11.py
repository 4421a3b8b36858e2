"""Figure: sampled gradients take a tabular policy from 2.636 to at least 10.9, where 11 is the best."""

import pytest
import torch

from gradcheck import TabularPolicy, estimators, games
from gradcheck.estimators.training import train, vanilla


@pytest.mark.parametrize("loss", [vanilla, estimators.log_prob], ids=["with both habits", "plain log_prob"])
def test_training_climbs(loss):
    policy = TabularPolicy(games.robot(), games.robot_policy())
    run = train(games.robot(), policy, loss=loss, learning_rate=0.1, updates=300, seed=0)
    assert run.expected_returns[0] == pytest.approx(2.636, abs=1e-12)
    assert 10.9 <= run.final_return <= 11


def test_the_same_seed_gives_the_same_run():
    runs = [
        train(games.robot(), TabularPolicy(games.robot(), games.robot_policy()), updates=5, seed=3) for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_an_optimizer_of_ones_own_is_used():
    policy = TabularPolicy(games.robot(), games.robot_policy())
    still = torch.optim.SGD(policy.parameters(), lr=0.0)
    run = train(games.robot(), policy, optimizer=still, updates=3)
    assert len(set(run.expected_returns)) == 1


def test_control_with_the_sign_flipped_it_does_not_climb():
    policy = TabularPolicy(games.robot(), games.robot_policy())
    run = train(
        games.robot(), policy, loss=lambda p, e: -estimators.log_prob(p, e), learning_rate=0.1, updates=300, seed=0
    )
    assert run.final_return < 2.636
