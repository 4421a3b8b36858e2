"""Losses whose limit is known by pencil, and the games that they are put on."""

import math

import torch
from torch import nn

from gradcheck import TabularGame, unroll
from gradcheck.estimators.distributions import action_log_probs
from gradcheck.tree.unrolling.observation_features import observation_features


def returns(episodes):
    """[N] of whole episodes."""
    total = torch.zeros(episodes.num_episodes, dtype=episodes.rewards.dtype)
    return total.index_add(0, episodes.episode_index, episodes.rewards)


def reinforce(policy, episodes):
    return -(action_log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes


def mean_over_steps(policy, episodes):
    return -(action_log_probs(policy, episodes) * episodes.future_returns).mean()


def entropy(policy, episodes):
    """Of the policy where it was, per episode."""
    log_p = policy(episodes.observations).log_softmax(-1)
    return -(log_p.exp() * log_p).sum() / episodes.num_episodes


def plus_entropy(weight, loss=reinforce):
    """The loss and an entropy bonus, whose weight may depend on the batch."""
    weigh = weight if callable(weight) else lambda n: weight

    def with_bonus(policy, episodes):
        return loss(policy, episodes) - weigh(episodes.num_episodes) * entropy(policy, episodes)

    return with_bonus


def discounts_by(gamma):
    def discounted(policy, episodes):
        weights = episodes.future_returns * gamma ** episodes.time_steps.to(episodes.future_returns)
        return -(action_log_probs(policy, episodes) * weights).sum() / episodes.num_episodes

    return discounted


def baseline_by_action(slope):
    def with_baseline(policy, episodes):
        weights = episodes.future_returns - slope * episodes.actions
        return -(action_log_probs(policy, episodes) * weights).sum() / episodes.num_episodes

    return with_baseline


def clipped_to_the_second_best(policy, episodes):
    worth = returns(episodes)
    if episodes.num_episodes > 1:
        worth = worth.clamp(max=worth.topk(2).values[1])
    return -(action_log_probs(policy, episodes) * worth[episodes.episode_index]).sum() / episodes.num_episodes


def bonus_for_rare_actions(policy, episodes):
    counts = (episodes.actions[:, None] == episodes.actions[None, :]).sum(1).double()
    return (
        -(action_log_probs(policy, episodes) * (episodes.future_returns + counts**-0.5)).sum() / episodes.num_episodes
    )


def switching(size, below, from_there_on):
    """One loss below a batch size, another from there on."""

    def switches(policy, episodes):
        return (below if episodes.num_episodes < size else from_there_on)(policy, episodes)

    return switches


def slowly(n):
    """It tends to zero, but so slowly that no ladder shows it."""
    return 1 / math.log(1 + math.log(1 + n))


def network(game, *, hidden=0, dtype=torch.float64):
    """Of one's own, with probabilities that are no ratios."""
    width = observation_features(unroll(game)).shape[1]
    torch.manual_seed(0)
    if not hidden:
        return nn.Linear(width, game.num_actions).to(dtype)
    return nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, game.num_actions)).to(dtype)


def long_game(horizon):
    """Three actions, of which the last may end an episode: for horizons of 4 to 7 there are 45 to 381 episodes."""
    table, observations = {}, {}

    def grow(time, taken):
        table[taken], observations[taken] = {}, (float(time), float(sum(taken)))
        for action in range(3):
            over = time + 1 == horizon or (action == 2 and time > 0)
            after = (*taken, action)
            reward = (7 * sum(after) + 3 * action * time) % 8 - 3
            table[taken][action] = [(1, "end" if over else after, reward, over)]
            if not over:
                grow(time + 1, after)

    grow(0, ())
    return TabularGame(table, (), horizon, observations=observations)
