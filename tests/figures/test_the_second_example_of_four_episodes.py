"""Figure: the four episodes of the implementation part, as flat lists of steps, and the loss on them."""

import pytest
import torch

from gradcheck import LinearPolicy, estimators, games
from gradcheck.estimators.episodes import from_steps

OBSERVATIONS = [(2, 1), (1, 0), (2, 0), (2, 1), (1, 0), (2, 1), (2, 1), (1, 0), (2, 0)]
ACTIONS = [0, 1, 0, 0, 0, 1, 0, 1, 1]
REWARDS = [3, 0, 0, 3, -10, 10, 3, 0, 10]
DONES = [False, False, True, False, True, True, False, False, True]


@pytest.fixture(scope="module")
def batch():
    return from_steps(OBSERVATIONS, ACTIONS, REWARDS, DONES)


def test_future_returns(batch):
    assert batch.future_returns.tolist() == [3, 0, 0, -7, -10, 10, 13, 10, 10]


def test_number_of_episodes_and_their_steps(batch):
    assert batch.num_episodes == 4
    assert batch.lengths.tolist() == [3, 2, 1, 3]
    assert batch.episode_index.tolist() == [0, 0, 0, 1, 1, 2, 3, 3, 3]
    assert batch.time_steps.tolist() == [0, 1, 2, 0, 1, 0, 0, 1, 2]


def test_a_collector_that_steps_through_the_game_makes_the_same_lists(batch):
    game = games.robot()
    observations, actions, rewards, dones = [], [], [], []
    # (action, number of its outcome): left, up to the hilltop, left | left, left | right | left, up, right
    for moves in ([(0, 0), (1, 1), (0, 0)], [(0, 0), (0, 0)], [(1, 0)], [(0, 0), (1, 1), (1, 0)]):
        ((_, state),) = game.starts()
        for time, (action, outcome) in enumerate(moves):
            observations.append(game.observe(state))
            actions.append(action)
            _, state, reward, terminated = game.step(state, action)[outcome]
            rewards.append(reward)
            dones.append(terminated or time + 1 == game.horizon)
    assert (observations, actions, rewards, dones) == (OBSERVATIONS, ACTIONS, REWARDS, DONES)


def test_the_log_probabilities_are_those_of_the_actions_taken(batch):
    policy = LinearPolicy(games.robot(), games.robot_policy())
    probs = torch.distributions.Categorical(logits=policy(batch.observations)).log_prob(batch.actions).exp()
    torch.testing.assert_close(probs.tolist(), [0.7, 0.6, 0.8, 0.7, 0.4, 0.3, 0.7, 0.6, 0.2])


def test_both_losses_as_the_talk_writes_them(batch):
    policy = LinearPolicy(games.robot(), games.robot_policy())
    distribution = torch.distributions.Categorical(logits=policy(batch.observations))
    log_probs = distribution.log_prob(batch.actions)
    told = -(log_probs * batch.future_returns).sum() / 4
    torch.testing.assert_close(estimators.log_prob(policy, batch), told)
    probs = log_probs.exp()
    told = -(probs / probs.detach() * batch.future_returns).sum() / 4
    torch.testing.assert_close(estimators.inverse_prob(policy, batch), told)


def test_normalised_future_returns_and_the_mean_over_steps(batch):
    policy = LinearPolicy(games.robot(), games.robot_policy())
    f = batch.future_returns
    normalised = (f - f.mean()) / f.std().clamp(min=1e-6)
    torch.testing.assert_close(estimators.normalised(batch), normalised)
    log_probs = torch.distributions.Categorical(logits=policy(batch.observations)).log_prob(batch.actions)
    value = estimators.log_prob(policy, batch, weights=estimators.normalised, average=estimators.over_steps)
    torch.testing.assert_close(value, -(log_probs * normalised).mean())


def test_the_clamp_begins_at_a_millionth():
    def normalised(spread):
        batch = from_steps([(2, 1)] * 2, [1] * 2, [0, spread], [True] * 2)
        return estimators.normalised(batch)[1].item()

    above, below = 1e-5, 1e-7  # the standard deviation of two numbers is their distance over √2
    assert normalised(above) == pytest.approx(2**-0.5, rel=1e-9)
    assert normalised(below) == pytest.approx(below / 2 / 1e-6, rel=1e-9)


def test_equal_returns_are_normalised_to_zero():
    batch = from_steps([(2, 1)] * 3, [1] * 3, [10] * 3, [True] * 3)
    assert estimators.normalised(batch).tolist() == [0, 0, 0]
