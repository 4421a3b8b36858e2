"""A network knows nothing of illegal actions; its probabilities, samples and gradients are those of the legal ones."""

import pytest
import torch
from torch import nn

from gradcheck import TabularGame, TabularPolicy, estimators, policy_gradient, sample
from gradcheck.report.estimates import episode_gradients

GAME = TabularGame(
    {
        (0.0, 1.0): {0: [("1/2", (1.0, 1.0), 2, False), ("1/2", "out", 1, True)], 2: [(1, (2.0, 0.5), -1, False)]},
        (1.0, 1.0): {1: [(1, "out", 1, True)]},
        (2.0, 0.5): {0: [(1, "out", 3, True)], 1: [(1, "out", 0, True)]},
    },
    (0.0, 1.0),
    horizon=2,
)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)).double()


@pytest.mark.parametrize("loss", [estimators.log_prob, estimators.inverse_prob])
def test_the_expected_gradient_is_the_policy_gradient(loss):
    policy = network()
    every = estimators.all_episodes(GAME, policy)
    found = every.probabilities @ episode_gradients(loss, policy, every.episodes)
    told = torch.cat([value.reshape(-1) for value in policy_gradient(GAME, policy).values()])
    assert abs(found - told.numpy()).max() < 1e-14  # a hundred roundings of numbers below 5


def test_nothing_illegal_is_sampled():
    batch = sample(GAME, network(), 1000, seed=0)
    assert batch.legal_actions.gather(1, batch.actions[:, None]).all()


def test_control_without_the_mask_the_gradient_is_another():
    def unmasked(policy, episodes):
        log_probs = policy(episodes.observations).log_softmax(-1).gather(-1, episodes.actions[:, None]).squeeze(-1)
        return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes

    policy = network()
    every = estimators.all_episodes(GAME, policy)
    found = every.probabilities @ episode_gradients(unmasked, policy, every.episodes)
    told = torch.cat([value.reshape(-1) for value in policy_gradient(GAME, policy).values()])
    assert abs(found - told.numpy()).max() > 0.01


def test_free_probabilities_of_illegal_actions_are_zero():
    table = estimators.ProbabilityTable(GAME)
    probs = table(torch.tensor([(0.0, 1.0), (1.0, 1.0)], dtype=torch.float64)).probs
    assert probs.tolist() == [[0.5, 0, 0.5], [0, 1, 0]]


def test_logits_of_illegal_actions_are_zero_and_stay_finite_under_weight_decay():
    policy = TabularPolicy(GAME)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.1, weight_decay=0.1)
    estimators.train(GAME, policy, optimizer=optimizer, loss=estimators.log_prob, updates=3)
    assert policy.logits.isfinite().all()
    assert not policy.logits[~policy.legal_actions].any()
