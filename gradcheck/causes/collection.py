"""Boundaries of episodes in buffers of a fixed number of steps: resets, cuts and flags."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherSteps,
    OtherWeights,
)
from gradcheck.causes.parts import (
    by_step,
    from_the_start,
    gains,
    later_sums,
    ownership,
    positions,
    shifted,
)
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights


def _run_on(episodes: Episodes, *, values: Weights) -> Tensor:
    whole = positions(episodes) * 0
    return from_the_start(episodes, later_sums(episodes, values(episodes), factor=episodes.discount, segment=whole))


def _whole_batch(episodes: Episodes) -> Tensor:
    return episodes.rewards.sum().expand_as(episodes.rewards)


def _ended_by(episodes: Episodes, by: int) -> Tensor:
    """[T] future returns that end, and run on, where the flag of a neighbouring step says so."""
    ends = shifted(episodes.dones.long(), by)
    segment = ends.cumsum(0) - ends
    return from_the_start(episodes, later_sums(episodes, gains(episodes), factor=episodes.discount, segment=segment))


def _cut(episodes: Episodes) -> Tensor:
    """[N] 1 where the episode was cut short."""
    return ownership(episodes) @ episodes.truncated.to(episodes.rewards.dtype)


def _in_complete(episodes: Episodes) -> Tensor:
    """[T] 1 where the episode was not cut short."""
    return by_step(episodes, 1 - _cut(episodes))


def _over_complete(terms: Tensor, episodes: Episodes) -> Tensor:
    return terms.sum() / (1 - _cut(episodes)).sum().clamp(min=1)


def _over_their_steps(terms: Tensor, episodes: Episodes) -> Tensor:
    return terms.sum() / _in_complete(episodes).sum().clamp(min=1)


_RUN_ON = partial(_run_on, values=lambda e: e.rewards)

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "bootstrap_missing",
        "An episode that was cut short counts as ended: the value of what would have followed is missing.",
        "Add the value of the state at the cut, discounted; treat truncated and terminated differently.",
        OtherWeights(
            lambda e: from_the_start(e, later_sums(e, e.rewards, factor=e.discount)),
            lambda e: by_step(e, ownership(e) @ from_the_start(e, e.rewards)),
        ),
        frozenset({Feature.CUT}),
    ),
    Mistake(
        "run_on_returns",
        "Returns run on across the ends of episodes: later episodes of the buffer are credited to earlier ones.",
        "Start the sum anew at every episode's end: G = r + γ · G · (1 - done).",
        OtherWeights(_RUN_ON, partial(_run_on, values=gains), _whole_batch, across_episodes=True),
        frozenset({Feature.CUT}),
    ),
    Mistake(
        "run_on_returns",
        "Returns run on across the ends of episodes, with a discount that depends on how long each lasts.",
        "Start the sum anew at every episode's end: G = r + γ · G · (1 - done).",
        OtherWeights(_RUN_ON, across_episodes=True),
        frozenset({Feature.DISCOUNT}),
    ),
    Mistake(
        "done_flag_of_next_step",
        "Returns end where the flag of the next step says so: one step too early.",
        "Use the flag of the step itself: G_t = r_t + γ · G_(t+1) · (1 - done_t).",
        OtherWeights(lambda e: _ended_by(e, 1), across_episodes=True),
    ),
    Mistake(
        "done_flag_of_previous_step",
        "Returns end where the flag of the previous step says so: one step too late.",
        "Use the flag of the step itself: G_t = r_t + γ · G_(t+1) · (1 - done_t).",
        OtherWeights(lambda e: _ended_by(e, -1), across_episodes=True),
    ),
    Mistake(
        "cut_episode_dropped",
        "The episode that was cut short is left out: long episodes are cut more often, and so count less.",
        "Keep it, with the value of the state at the cut added to its returns.",
        OtherSteps(_in_complete, None, _over_complete, _over_their_steps),
        frozenset({Feature.CUT}),
    ),
    Mistake(
        "cut_step_dropped",
        "The step at which an episode was cut short is left out.",
        "Keep it, with the value of the state at the cut added to its return.",
        OtherSteps(lambda e: 1 - e.truncated.to(e.rewards.dtype)),
        frozenset({Feature.CUT}),
    ),
    Mistake(
        "bootstrap_not_discounted",
        "The value of the state at the cut is added to the return as it is, without a discount.",
        "Discount it once more than the last reward: r + γ · value.",
        OtherWeights(lambda e: from_the_start(e, later_sums(e, e.rewards + e.bootstrap_values, factor=e.discount))),
        frozenset({Feature.CUT, Feature.DISCOUNT}),
    ),
)
