"""What losses are put together from: scores, weights and averages, one of which is wrong where a mistake was made.

A loss is −average(score · weights). Everything here is written without loops over steps and without branches on the
numbers of a batch, so that many batches of one layout can be computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from gradcheck.causes.component import Counts, CriticWeights, Score
from gradcheck.estimators.averages import Average, over_episodes
from gradcheck.estimators.distributions import Policy, action_log_probs, ask
from gradcheck.estimators.episodes import Episodes, discount_factors
from gradcheck.estimators.weights import Weights


def from_the_start(episodes: Episodes, values: Tensor) -> Tensor:
    """[T] values · γ^t: what belongs to the gradient of the discounted return."""
    if episodes.discount == 1:
        return values
    return values * discount_factors(episodes)


def future(episodes: Episodes) -> Tensor:
    """[T] γ^t G_t, the right weights."""
    return from_the_start(episodes, episodes.future_returns)


def gains(episodes: Episodes) -> Tensor:
    """[T] the rewards, and where an episode was cut short, the discounted value of what would have followed."""
    return episodes.rewards + episodes.discount * episodes.bootstrap_values


def ownership(episodes: Episodes) -> Tensor:
    """[N, T] 1 where the step belongs to the episode, else 0."""
    numbers = torch.arange(episodes.num_episodes, device=episodes.episode_index.device)
    return (episodes.episode_index == numbers[:, None]).to(episodes.rewards.dtype)


def totals(episodes: Episodes) -> Tensor:
    """[N] the return of each episode, discounted from its start."""
    return ownership(episodes) @ from_the_start(episodes, gains(episodes))


def by_step(episodes: Episodes, values: Tensor) -> Tensor:
    """[T] each episode's number, at all its steps."""
    return values[episodes.episode_index]


def total(episodes: Episodes) -> Tensor:
    """[T] the return of the whole episode at each of its steps; as right as the future returns."""
    return by_step(episodes, totals(episodes))


def groups(episodes: Episodes) -> Tensor:
    """[N, N] 1 where two episodes belong to one group, else 0."""
    index = episodes.group_index
    return (index[:, None] == index).to(episodes.rewards.dtype)


def centred(episodes: Episodes) -> Tensor:
    """[T] the return of the episode minus the mean of its group, its own included; right but for its length."""
    returns, same = totals(episodes), groups(episodes)
    return by_step(episodes, returns - same @ returns / same.sum(dim=1))


def against_others(episodes: Episodes) -> Tensor:
    """[T] the return of the episode minus the mean of the others in its group; right."""
    returns, same = totals(episodes), groups(episodes)
    others = (same.sum(dim=1) - 1).clamp(min=1)
    return by_step(episodes, returns - (same @ returns - returns) / others)


def immediate(episodes: Episodes) -> Tensor:
    """[T] γ^t r_t: the step's own reward alone."""
    return from_the_start(episodes, episodes.rewards)


def against_steps(episodes: Episodes) -> Tensor:
    """[T] the future return minus the mean over all steps of the batch."""
    returns = future(episodes)
    return returns - returns.mean()


#: Weights that are all right with the log-probability and the mean over episodes, and turn different with a mistake.
RIGHT_WEIGHTS: tuple[Weights, ...] = (future, total, against_others, centred)


def ones(episodes: Episodes) -> Tensor:
    """[T] no weights at all."""
    return torch.ones_like(episodes.rewards)


def positions(episodes: Episodes) -> Tensor:
    """[T] 0 … T-1."""
    return torch.arange(len(episodes.rewards), device=episodes.rewards.device)


def later_sums(episodes: Episodes, values: Tensor, *, factor: float = 1.0, segment: Tensor | None = None) -> Tensor:
    """[T] Σ_{s ≥ t} factor^(s-t) values_s, over the steps of one segment.

    Args:
        episodes: the batch.
        values: [T].
        factor: 0 leaves the step's own value.
        segment: [T] the steps with one number are summed; each episode's by default.
    """
    of = episodes.episode_index if segment is None else segment
    numbers = positions(episodes)
    gap = numbers - numbers[:, None]
    kernel = (of == of[:, None]) & (gap >= 0)
    return (factor ** gap.clamp(min=0).to(values.dtype) * kernel) @ values


def shifted(values: Tensor, by: int, *, around: bool = False) -> Tensor:
    """[T] the values of the steps ``by`` later in the batch, whatever their episodes; 0 past its ends, or around."""
    moved = values.roll(-by, dims=0)
    if around:
        return moved
    numbers = torch.arange(len(values), device=values.device) + by
    inside = (numbers >= 0) & (numbers < len(values))
    return moved * inside.to(values.dtype)


@final
@dataclass(frozen=True, eq=False)
class Surrogate:
    """The loss −average(score · weights), right by default.

    Attributes:
        score: policy and episodes → [T].
        weights: episodes → [T], constants; or what a critic makes of them.
        steps: episodes → [T], how often each step counts; None for once each.
        average: terms [T] and episodes → scalar, linear in the terms.
        sign: -1 for a loss to minimise.
    """

    score: Score = action_log_probs
    weights: Weights | CriticWeights = future
    steps: Counts | None = None
    average: Average = over_episodes
    sign: float = -1.0

    def __call__(self, policy: Policy, episodes: Episodes) -> Tensor:
        """The loss of a batch."""
        terms = self.score(policy, episodes) * weigh(self.weights, policy, episodes)
        if self.steps is not None:
            terms = terms * self.steps(episodes)
        return self.sign * self.average(terms, episodes)


def weigh(weights: Weights | CriticWeights, policy: Policy, episodes: Episodes) -> Tensor:
    """[T] the weights of a batch."""
    return weights.function(policy, episodes) if isinstance(weights, CriticWeights) else weights(episodes)


def log_ratio(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] log π(a) - log π_old(a)."""
    return action_log_probs(policy, episodes) - episodes.log_probs


def ratio(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] π(a) / π_old(a): 1, with the gradient of the log-probability, while the policy has not moved."""
    return log_ratio(policy, episodes).exp()


def episode_ratio(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] log π(a) times the ratio of the whole episode, a constant: what makes the return that of the moved policy."""
    of_episode = by_step(episodes, ownership(episodes) @ log_ratio(policy, episodes))
    return of_episode.detach().exp() * action_log_probs(policy, episodes)


def logits_of(policy: Policy, observations: Tensor) -> Tensor:
    """[T, A] the logits as the policy gives them, illegal actions left in."""
    output = ask(policy, observations)
    found = getattr(output, "logits", output)
    if not isinstance(found, Tensor):  # probabilities off the simplex
        found = output.probs.log()  # pyright: ignore[reportAttributeAccessIssue]
    return found


def value_of(policy: Policy, observations: Tensor) -> Tensor | None:
    """[T] what the policy's critic says, as a constant; None where the policy has no critic."""
    output = policy(observations)
    if not isinstance(output, tuple) or len(output) < 2 or not isinstance(output[1], Tensor):
        return None
    return output[1].reshape(len(observations)).detach()


def unknown(policy: Policy, episodes: Episodes) -> Tensor:
    """NaN, which never explains anything: for mistakes that need what the policy does not have."""
    return action_log_probs(policy, episodes).sum() * torch.nan
