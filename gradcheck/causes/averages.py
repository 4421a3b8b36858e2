"""Wrong averages: how terms of steps become one number."""

from __future__ import annotations

from torch import Tensor

from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherAverage,
    OtherLoss,
    OtherScore,
    OtherSteps,
    OtherWeights,
)
from gradcheck.causes.parts import (
    against_steps,
    by_step,
    future,
    groups,
    later_sums,
    logits_of,
    ownership,
    ratio,
    totals,
    unknown,
)
from gradcheck.estimators.averages import over_steps
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument

_BY_EPISODES = "Divide the sum over all steps by the number of episodes, or by a constant."


def over_sequences(terms: Tensor, episodes: Episodes) -> Tensor:
    """The mean over episodes of the mean over each one's steps."""
    return (terms / by_step(episodes, episodes.lengths.to(terms.dtype))).sum() / episodes.num_episodes


def over_padding(terms: Tensor, episodes: Episodes) -> Tensor:
    """Divided by all N · H places of the padded batch, H being the longest length."""
    return terms.sum() / (episodes.num_episodes * episodes.lengths.max())


def _over_times(terms: Tensor, episodes: Episodes) -> Tensor:
    """At each time, the mean over the episodes that have not ended; the sum of these over times."""
    same = (episodes.time_steps[:, None] == episodes.time_steps).to(terms.dtype)
    return (terms / same.sum(dim=1)).sum()


def _over_groups(terms: Tensor, episodes: Episodes) -> Tensor:
    """The mean over groups of the mean over each one's steps."""
    same = groups(episodes)
    steps = same @ episodes.lengths.to(terms.dtype)
    weights = same.sum(dim=1) / steps  # each group is counted once for each of its episodes
    return (terms * by_step(episodes, weights)).sum() / episodes.num_episodes


def _over_halves(terms: Tensor, episodes: Episodes) -> Tensor:
    """The mean of the means over the steps of the first and of the second half of the episodes."""
    half = (episodes.num_episodes + 1) // 2
    first = (episodes.episode_index < half).to(terms.dtype)
    parts = [first, 1 - first] if episodes.num_episodes > 1 else [first]
    return sum(((terms * part).sum() / part.sum() for part in parts), terms.new_zeros(())) / len(parts)


def _mean_of_all(episodes: Episodes) -> Tensor:
    """[T] the mean of all future returns at every step: what is left of [T, 1] times [T], which is [T, T]."""
    return future(episodes).mean().expand_as(episodes.rewards)


def _sum_of_all(episodes: Episodes) -> Tensor:
    return future(episodes).sum().expand_as(episodes.rewards)


def _mean_total(episodes: Episodes) -> Tensor:
    return totals(episodes).mean().expand_as(episodes.rewards)


def _mean_of_centred(episodes: Episodes) -> Tensor:
    return against_steps(episodes).mean().expand_as(episodes.rewards)


def _padded_by_repeating(episodes: Episodes) -> Tensor:
    """[T] the last step of an episode counts as often as it is repeated to fill the padded batch."""
    missing = episodes.lengths.max() - episodes.lengths[episodes.episode_index]
    return 1 + missing * episodes.dones


def _with_padding(policy: Policy, episodes: Episodes) -> Tensor:
    """The log-probability of action 0 at observations of zeros counts at every padded place."""
    observations, mask = episodes.padded("observations")
    actions, _ = episodes.padded("actions")
    try:
        every = logits_of(policy, observations.reshape(mask.numel(), -1)).log_softmax(-1)
    except InvalidArgument:  # a policy that knows its observations knows no zeros
        return unknown(policy, episodes)
    scores = every.gather(-1, actions.reshape(-1, 1)).reshape(mask.shape)
    return -(scores * totals(episodes)[:, None]).mean()


def _cumulative(policy: Policy, episodes: Episodes) -> Tensor:
    """At each step, the sum of the episode's log-probabilities so far, for those that also weigh it with returns."""
    scores = ratio(policy, episodes)
    whole = by_step(episodes, ownership(episodes) @ scores)
    return whole - later_sums(episodes, scores) + scores


def _whole(policy: Policy, episodes: Episodes) -> Tensor:
    return by_step(episodes, ownership(episodes) @ ratio(policy, episodes))


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "sequence_mean",
        "Every episode is divided by its own length, so that a step of a short one counts more.",
        _BY_EPISODES,
        OtherAverage(over_sequences),
    ),
    Mistake(
        "token_mean",
        "The sum is divided by the number of steps of the very batch, which depends on the actions.",
        _BY_EPISODES,
        OtherAverage(over_steps),
    ),
    Mistake(
        "padded_mean",
        "The sum is divided by all places of the padded batch: the longest episode decides.",
        _BY_EPISODES,
        OtherAverage(over_padding),
    ),
    Mistake(
        "group_token_mean",
        "Every group is divided by its own number of steps, which depends on the actions.",
        _BY_EPISODES,
        OtherAverage(_over_groups),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "mean_per_time_step",
        "At each time the mean is over the episodes that have not ended, so that late steps count more.",
        _BY_EPISODES,
        OtherAverage(_over_times),
    ),
    Mistake(
        "micro_batch_token_mean",
        "Each half of the batch is divided by its own number of steps, and the two means are averaged.",
        "Divide both halves by the same number: the steps of the whole batch, or better its episodes.",
        OtherAverage(_over_halves),
    ),
    Mistake(
        "padding_counted",
        "Padded places count as actions: their log-probabilities are weighed with the return of the episode.",
        "Multiply with the mask of episodes.padded, and divide by the number of episodes.",
        OtherLoss(_with_padding),
    ),
    Mistake(
        "last_step_repeated",
        "Padding repeats the last step of an episode, and counts.",
        "Multiply with the mask of episodes.padded.",
        OtherSteps(_padded_by_repeating, None, over_padding),
    ),
    Mistake(
        "broadcast",
        "Every log-probability is multiplied with every return: shapes [T, 1] and [T] are broadcast to [T, T].",
        "Give both the shape [T]: squeeze the last dimension.",
        OtherWeights(_mean_of_all, _sum_of_all, across_episodes=True),
    ),
    Mistake(
        "broadcast_over_episodes",
        "Every episode is multiplied with every return: shapes [N, 1] and [N] are broadcast to [N, N].",
        "Give both the shape [N]: squeeze the last dimension. The direction is right, the length 1/N.",
        OtherWeights(_mean_total, across_episodes=True),
    ),
    Mistake(
        "broadcast_with_centred_advantages",
        "Every log-probability is multiplied with the sum of all centred advantages, which is 0.",
        "Give log-probabilities and advantages the same shape: [T, 1] times [T] is [T, T].",
        OtherWeights(_mean_of_centred, across_episodes=True),
    ),
    Mistake(
        "log_probs_summed_twice",
        "Log-probabilities are summed along the episode and then weighed with returns, which are sums already.",
        "Weigh each log-probability with its return, or the sum of them with the reward of the step.",
        OtherScore(_cumulative, _whole),
    ),
)
