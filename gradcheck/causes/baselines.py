"""Baselines and scales that are made of the very returns they change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from gradcheck.causes.component import (
    Mistake,
    OtherWeights,
)
from gradcheck.causes.parts import (
    against_others,
    against_steps,
    by_step,
    centred,
    from_the_start,
    future,
    ownership,
    total,
    totals,
)
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights

#: What is added to a deviation before it divides; the second is as good as none.
EPSILONS = (1e-8, 1e-12, 1e-6, 1e-5, 1e-4, torch.finfo(torch.float32).eps)

_FROM_OTHERS = "Take it from the other episodes of the batch, from earlier batches, or from a critic."
_NO_DEVIATION = "Leave the deviation out, or divide by that of earlier batches, or by a constant."

#: What is computed from some numbers, such as their mean: a scalar.
_Statistic: TypeAlias = Callable[[Tensor], Tensor]


def deviation(values: Tensor, correction: int) -> Tensor:
    """The standard deviation; 0 of a single number, with Bessel's correction as without it."""
    return ((values - values.mean()).square().sum() / max(len(values) - correction, 1)).sqrt()


def normalised_steps(episodes: Episodes, *, correction: int, epsilon: float) -> Tensor:
    """[T] the future returns, normalised over all steps of the batch."""
    returns = future(episodes)
    return (returns - returns.mean()) / (deviation(returns, correction) + epsilon)


def _divided(episodes: Episodes, *, of: Callable[[Episodes], Tensor], correction: int, epsilon: float) -> Tensor:
    """[T] the return, or that of the whole episode, divided by the deviation of the batch's."""
    returns = of(episodes)
    spread = deviation(returns, correction) + epsilon
    return future(episodes) / spread if of is future else by_step(episodes, returns) / spread


def _over_steps(episodes: Episodes, *, baseline: _Statistic) -> Tensor:
    returns = future(episodes)
    return returns - baseline(returns)


def _over_episodes(episodes: Episodes, *, baseline: _Statistic) -> Tensor:
    returns = totals(episodes)
    return by_step(episodes, returns - baseline(returns))


def _inside(episodes: Episodes, *, correction: int = 0, divide: bool = False, epsilon: float = 1e-8) -> Tensor:
    """[T] centred, and maybe divided, by the mean and the deviation of the returns inside the episode."""
    own = ownership(episodes)
    return _within(episodes, own, own.sum(dim=1), correction=correction, divide=divide, epsilon=epsilon)


def _at_equal_times(episodes: Episodes, *, correction: int = 0, divide: bool = False, epsilon: float = 1e-8) -> Tensor:
    """[T] the same over the steps of all episodes that have the same time."""
    times = torch.arange(int(episodes.lengths.max()), device=episodes.time_steps.device)
    same = (episodes.time_steps == times[:, None]).to(episodes.rewards.dtype)
    return _within(episodes, same, same.sum(dim=1), correction=correction, divide=divide, epsilon=epsilon)


def _within(
    episodes: Episodes, member: Tensor, count: Tensor, *, correction: int, divide: bool, epsilon: float
) -> Tensor:
    """[T] what is left of the future returns; ``member`` [C, T] says which of C classes a step is in."""
    returns = future(episodes)
    off = returns - member.T @ (member @ returns / count)
    if not divide:
        return off
    variance = member @ off.square() / (count - correction).clamp(min=1)
    return off / (member.T @ variance.sqrt() + epsilon)


def _leave_one_step_out(episodes: Episodes) -> Tensor:
    returns = future(episodes)
    return returns - (returns.sum() - returns) / max(len(returns) - 1, 1)


def _min_max(returns: Tensor) -> Tensor:
    return (returns - returns.min()) / (returns.max() - returns.min() + 1e-8)


def _largest(returns: Tensor) -> Tensor:
    return returns / returns.abs().max().clamp(min=1e-12)


def _best(episodes: Episodes, *, share: float, imitate: bool) -> Tensor:
    """[T] 1, or the return, at steps of the best episodes of the batch; 0 elsewhere."""
    returns = totals(episodes)
    kept = max(int(share * episodes.num_episodes), 1)
    least = returns.sort(descending=True).values[kept - 1]
    elite = by_step(episodes, (returns >= least).to(returns.dtype))
    return elite if imitate else elite * total(episodes)


def _each(statistic: _Statistic) -> tuple[Weights, ...]:
    return partial(_over_steps, baseline=statistic), partial(_over_episodes, baseline=statistic)


#: The first is with Bessel's correction and ε = 1e-8.
NORMALISED: tuple[Weights, ...] = tuple(
    partial(normalised_steps, correction=c, epsilon=eps) for eps in EPSILONS for c in (1, 0)
)

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "step_mean_baseline",
        "The baseline is the mean return of all steps of the batch, the step's own and those it leads to included.",
        _FROM_OTHERS,
        OtherWeights(against_steps, across_episodes=True),
    ),
    Mistake(
        "normalised",
        "Returns are normalised with the mean and the standard deviation over the steps of the very batch.",
        _NO_DEVIATION,
        OtherWeights(*NORMALISED, across_episodes=True),
    ),
    Mistake(
        "divided_by_deviation",
        "Returns are divided by their own standard deviation in the batch, without being centred.",
        _NO_DEVIATION,
        OtherWeights(
            *(
                partial(_divided, of=of, correction=c, epsilon=eps)
                for of in (future, totals)
                for eps in (1e-8, 1e-6)
                for c in (1, 0)
            ),
            across_episodes=True,
        ),
    ),
    Mistake(
        "normalised_inside_episode",
        "Returns are normalised with the mean and the standard deviation of their own episode.",
        _NO_DEVIATION,
        OtherWeights(
            *(partial(_inside, correction=c, divide=True, epsilon=eps) for eps in (1e-8,) for c in (1, 0)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "centred_inside_episode",
        "The baseline is the mean return of the step's own episode, which depends on its action.",
        _FROM_OTHERS,
        OtherWeights(_inside, across_episodes=True),
    ),
    Mistake(
        "time_mean_baseline",
        "The baseline is the mean return of all episodes at the same time, its own included.",
        _FROM_OTHERS,
        OtherWeights(_at_equal_times, across_episodes=True),
    ),
    Mistake(
        "normalised_per_time",
        "Returns are normalised with the mean and the standard deviation of all returns at the same time.",
        _NO_DEVIATION,
        OtherWeights(
            *(partial(_at_equal_times, correction=c, divide=True, epsilon=eps) for eps in (1e-8,) for c in (1, 0)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "leave_one_step_out_baseline",
        "The baseline is the mean return of all other steps, among them those of the same episode.",
        "Leave out the whole episode: its other returns depend on the action, too.",
        OtherWeights(_leave_one_step_out, across_episodes=True),
    ),
    Mistake(
        "max_baseline",
        "The baseline is the largest return of the batch, which may be the step's own.",
        _FROM_OTHERS,
        OtherWeights(*_each(lambda returns: returns.max()), across_episodes=True),
    ),
    Mistake(
        "min_baseline",
        "The baseline is the smallest return of the batch, which may be the step's own.",
        _FROM_OTHERS,
        OtherWeights(*_each(lambda returns: returns.min()), across_episodes=True),
    ),
    Mistake(
        "median_baseline",
        "The baseline is the median return of the batch, which may be the step's own.",
        _FROM_OTHERS,
        OtherWeights(
            *_each(lambda returns: returns.median()),
            *_each(lambda returns: (returns.median() - (-returns).median()) / 2),
            across_episodes=True,
        ),
    ),
    Mistake(
        "min_max_scaled",
        "Returns are scaled to [0, 1] by the smallest and the largest of the batch.",
        "Leave the scaling out, or scale by constants.",
        OtherWeights(lambda e: _min_max(future(e)), lambda e: by_step(e, _min_max(totals(e))), across_episodes=True),
    ),
    Mistake(
        "scaled_by_largest_return",
        "Returns are divided by the largest of the batch.",
        "Leave the division out, or divide by a constant.",
        OtherWeights(
            lambda e: _largest(future(e)),
            lambda e: by_step(e, _largest(totals(e))),
            lambda e: _largest(total(e)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "positive_advantages_only",
        "Advantages below 0 are set to 0: what is worse than the mean is never made less probable.",
        "Keep negative advantages.",
        OtherWeights(
            lambda e: centred(e).clamp(min=0),
            lambda e: against_others(e).clamp(min=0),
            lambda e: against_steps(e).clamp(min=0),
            across_episodes=True,
        ),
    ),
    Mistake(
        "best_episode_only",
        "Only the best episodes of the batch count.",
        "Let all episodes count, each with its return.",
        OtherWeights(
            lambda e: future(e) * (e.episode_index == totals(e).argmax()),
            lambda e: total(e) * (e.episode_index == totals(e).argmax()),
            *(partial(_best, share=share, imitate=imitate) for share in (0.0, 0.5) for imitate in (False, True)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "best_episode_for_all",
        "All episodes of the batch are given the return of the best.",
        "Let each episode count with its own return.",
        OtherWeights(lambda e: totals(e).max().expand_as(e.rewards), across_episodes=True),
    ),
    Mistake(
        "action_dependent_baseline",
        "The baseline depends on the action: it is the action's own number.",
        "A baseline may depend on the observation, never on the action, unless its own gradient is added.",
        OtherWeights(
            lambda e: from_the_start(e, e.future_returns - e.actions.to(e.rewards.dtype)),
            lambda e: total(e) - e.actions.to(e.rewards.dtype),
            across_episodes=True,
        ),
    ),
    Mistake(
        "self_inclusive_mean",
        "The baseline is the mean return of the batch or the group, the episode's own included.",
        "Leave the episode's own return out of the mean, or scale by N/(N-1): the direction is right.",
        OtherWeights(
            centred, lambda e: total(e) - totals(e).mean(), lambda e: future(e) - totals(e).mean(), across_episodes=True
        ),
    ),
)
