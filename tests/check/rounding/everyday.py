"""Games, policies and losses that the tests of rounding share."""

from fractions import Fraction

import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import TabularGame

OPTIONS = {"counterexample": False, "all_conditions": False}
WRONG = {"biased", "consistent"}
RIGHT = {"unbiased", "proportional"}


def arms(*rewards):
    """One decision: each action pays a reward, and that is all."""
    return TabularGame({"s": {a: [(1, "end", reward, True)] for a, reward in enumerate(rewards)}}, "s", 1)


def shifted_arms(constant):
    """Three arms that differ by tenths, on top of a constant."""
    return arms(*(Fraction(constant) + Fraction(tenths, 10) for tenths in (1, -2, 3)))


class Table(nn.Module):
    """The same logits everywhere."""

    def __init__(self, *logits, dtype=torch.float64):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits, dtype=dtype))

    def forward(self, observations):
        return self.logits.expand(len(observations), -1)


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def weighed(weights):
    """Weights of a batch's steps → the loss with these weights."""

    def loss(policy, e):
        return -(log_probs(policy, e) * weights(e)).sum() / e.num_episodes

    return loss


plain = weighed(lambda e: e.future_returns)
wrong_sign = weighed(lambda e: -e.future_returns)
action_baseline = weighed(lambda e: e.future_returns - 0.3 * e.actions)


def entropy_bonus(policy, e):
    entropy = Categorical(logits=policy(e.observations)).entropy()
    return plain(policy, e) - 0.01 * entropy.sum() / e.num_episodes


def times(factor, loss):
    return lambda policy, e: factor * loss(policy, e)


def totals(e):
    """[N] the return of each episode."""
    return torch.zeros(e.num_episodes, dtype=e.rewards.dtype).index_add(0, e.episode_index, e.rewards)
