"""Group statistics: deviations that divide, and statistics over the wrong rows."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from gradcheck.causes.baselines import EPSILONS, deviation
from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherSteps,
    OtherWeights,
)
from gradcheck.causes.parts import by_step, future, groups, totals
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights

_DIVIDE_BY_CONSTANT = "Leave the deviation out, or divide by a constant; the group's mean may stay."
_OWN_GROUP = "Take the mean over the other episodes of the same group, and over no other."


def statistics(returns: Tensor, same: Tensor, correction: int) -> tuple[Tensor, Tensor]:
    """[N] the mean and the standard deviation over those that are the same ([N, N], ones and zeros) as each."""
    count = same.sum(dim=1)
    mean = same @ returns / count
    square = (same * (returns - mean[:, None]).square()).sum(dim=1)
    return mean, (square / (count - correction).clamp(min=1)).sqrt()


def group_normalised(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    """[T] (R - mean) / (std + ε), over the episode's group."""
    returns = totals(episodes)
    mean, spread = statistics(returns, groups(episodes), correction)
    return by_step(episodes, (returns - mean) / (spread + epsilon))


def _future_normalised(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    mean, spread = statistics(totals(episodes), groups(episodes), correction)
    return (future(episodes) - by_step(episodes, mean)) / by_step(episodes, spread + epsilon)


def _by_group_deviation(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    returns = totals(episodes)
    _, spread = statistics(returns, groups(episodes), correction)
    return by_step(episodes, returns / (spread + epsilon))


def _whole_batch(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    returns = totals(episodes)
    return by_step(episodes, (returns - returns.mean()) / (deviation(returns, correction) + epsilon))


def _batch_deviation(episodes: Episodes, *, correction: int, epsilon: float, of_centred: bool) -> Tensor:
    returns = totals(episodes)
    mean, _ = statistics(returns, groups(episodes), correction)
    off = returns - mean
    return by_step(episodes, off / (deviation(off if of_centred else returns, correction) + epsilon))


def _first_group(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    returns = totals(episodes)
    mean, spread = statistics(returns, groups(episodes), correction)
    return by_step(episodes, (returns - mean[0]) / (spread[0] + epsilon))


def _across_groups(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    """[T] statistics over the first episodes of all groups, over the second ones, and so on."""
    same = groups(episodes)
    earlier = torch.tril(torch.ones_like(same), diagonal=-1)
    place = (same * earlier).sum(dim=1)
    mean, spread = statistics(totals(episodes), (place[:, None] == place).to(same.dtype), correction)
    return by_step(episodes, (totals(episodes) - mean) / (spread + epsilon))


def _other_group(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    """[T] statistics of the groups in turn, as ``repeat`` lays them out where ``repeat_interleave`` is meant."""
    same, returns = groups(episodes), totals(episodes)
    mean, spread = statistics(returns, same, correction)
    first = (same * torch.tril(torch.ones_like(same), diagonal=-1)).sum(dim=1) == 0
    number = first.cumsum(0) - 1
    turn = torch.arange(len(returns), device=returns.device) % first.sum()
    of = ((number == turn[:, None]) & first).to(returns.dtype)
    return by_step(episodes, (returns - of @ mean) / (of @ spread + epsilon))


def _steps_of_group(episodes: Episodes) -> Tensor:
    """[T] the future return minus the mean over all steps of the group."""
    same = groups(episodes)[episodes.episode_index][:, episodes.episode_index]
    returns = future(episodes)
    return returns - same @ returns / same.sum(dim=1)


def _kept(episodes: Episodes) -> Tensor:
    """[N] 1 where the returns of the group are not all equal."""
    _, spread = statistics(totals(episodes), groups(episodes), 0)
    return (spread > 0).to(episodes.rewards.dtype)


def _in_kept(episodes: Episodes) -> Tensor:
    """[T] the same at each step."""
    return by_step(episodes, _kept(episodes))


def _over_kept(terms: Tensor, episodes: Episodes) -> Tensor:
    return terms.sum() / _kept(episodes).sum().clamp(min=1)


#: The first is with Bessel's correction and ε = 1e-8.
GROUP_NORMALISED: tuple[Weights, ...] = tuple(
    partial(group_normalised, correction=c, epsilon=eps) for eps in EPSILONS for c in (1, 0)
)

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "group_std",
        "Returns are divided by the standard deviation of their own group, or of the batch where it is one group.",
        _DIVIDE_BY_CONSTANT,
        OtherWeights(
            *GROUP_NORMALISED,
            *(partial(_future_normalised, correction=c, epsilon=eps) for eps in (1e-8,) for c in (1, 0)),
            *(partial(_by_group_deviation, correction=c, epsilon=eps) for eps in (1e-8,) for c in (1, 0)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "statistics_of_the_whole_batch",
        "Returns are normalised with the mean and the deviation of the whole batch, over all groups.",
        _DIVIDE_BY_CONSTANT,
        OtherWeights(
            *(partial(_whole_batch, correction=c, epsilon=eps) for eps in EPSILONS for c in (1, 0)),
            across_episodes=True,
        ),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "deviation_of_the_whole_batch",
        "Returns minus the mean of their group are divided by the standard deviation over all groups.",
        _DIVIDE_BY_CONSTANT,
        OtherWeights(
            *(
                partial(_batch_deviation, correction=c, epsilon=eps, of_centred=off)
                for eps in (1e-8,)
                for c in (1, 0)
                for off in (True, False)
            ),
            across_episodes=True,
        ),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "statistics_of_the_first_group",
        "All returns are normalised with the mean and the deviation of the first group.",
        _OWN_GROUP,
        OtherWeights(
            *(partial(_first_group, correction=c, epsilon=eps) for eps in (1e-4, 1e-8) for c in (1, 0)),
            across_episodes=True,
        ),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "group_statistics_over_wrong_axis",
        "Returns are normalised across groups, over episodes with the same place in theirs: the wrong axis.",
        "Lay returns out as [groups, episodes of each] and take statistics over the second axis.",
        OtherWeights(
            *(partial(_across_groups, correction=c, epsilon=eps) for eps in (1e-4, 1e-8) for c in (1, 0)),
            across_episodes=True,
        ),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "statistics_of_other_group",
        "Returns are normalised with the statistics of the groups in turn: repeat stands for repeat_interleave.",
        _OWN_GROUP,
        OtherWeights(
            *(partial(_other_group, correction=c, epsilon=eps) for eps in (1e-4, 1e-8) for c in (1, 0)),
            across_episodes=True,
        ),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "group_step_mean_baseline",
        "The baseline is the mean return of all steps of the group, those of the same episode included.",
        _OWN_GROUP,
        OtherWeights(_steps_of_group, across_episodes=True),
        frozenset({Feature.GROUPS}),
    ),
    Mistake(
        "equal_groups_dropped",
        "Groups whose returns are all equal are left out, and the divisor counts only the others.",
        "Divide by all episodes: the terms of such groups are 0 anyway.",
        OtherSteps(_in_kept, _over_kept),
        frozenset({Feature.GROUPS}),
    ),
)
