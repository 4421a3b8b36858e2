"""Steps and episodes that are left out of the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gradcheck.causes.component import (
    Mistake,
    OtherSteps,
    OtherWeights,
)
from gradcheck.causes.parts import future, positions, shifted
from gradcheck.estimators.episodes import Episodes


def _left_out(kept: Callable[[Episodes], Tensor]) -> OtherSteps:
    """Some steps alone count; divided by all episodes, or by the number of the steps that are left."""

    def counts(episodes: Episodes) -> Tensor:
        return kept(episodes).to(episodes.rewards.dtype)

    def over_kept(terms: Tensor, episodes: Episodes) -> Tensor:
        return terms.sum() / counts(episodes).sum().clamp(min=1)

    return OtherSteps(counts, None, over_kept)


def _position(episodes: Episodes, number: int) -> Tensor:
    return positions(episodes) == number % len(episodes.rewards)


def _long(episodes: Episodes) -> Tensor:
    """[T] the length of the episode."""
    return episodes.lengths[episodes.episode_index]


def _first_finished(episodes: Episodes, count: int) -> Tensor:
    """[T] whether the episode is among the ``count`` shortest; of equally long ones the first are."""
    rank = torch.argsort(torch.argsort(episodes.lengths, stable=True), stable=True)
    return (rank < max(count, 1))[episodes.episode_index]


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "last_step_dropped",
        "The last step of every episode is left out, and with it the action that ended it.",
        "Let a mask end with the last action, not before it: its log-probability belongs to the loss.",
        _left_out(lambda e: ~e.dones),
    ),
    Mistake(
        "first_step_dropped",
        "The first step of every episode is left out, or weighed with what came before it.",
        "Start at the first action of every episode; step t belongs to the return from t on.",
        _left_out(lambda e: e.time_steps > 0),
    ),
    Mistake(
        "step_after_reset_dropped",
        "The first step after every reset is left out.",
        "Let it count: it is the first action of an episode.",
        _left_out(lambda e: (e.time_steps > 0) | (positions(e) == 0)),
    ),
    Mistake(
        "previous_return",
        "Each step is weighed with the return of the step before it; the first has none.",
        "Shift neither log-probabilities nor returns: step t belongs to the return from t on.",
        OtherWeights(
            lambda e: shifted(future(e) * ~e.dones, -1), lambda e: shifted(future(e), -1), across_episodes=True
        ),
    ),
    Mistake(
        "first_step_only",
        "Only the first step of every episode counts.",
        "Sum over all steps of an episode.",
        _left_out(lambda e: e.time_steps == 0),
    ),
    Mistake(
        "last_step_only",
        "Only the last step of every episode counts.",
        "Sum over all steps of an episode.",
        _left_out(lambda e: e.dones),
    ),
    Mistake(
        "last_step_of_batch_dropped",
        "The last step of the batch is left out.",
        "Let the last step count as the others do; a slice [:-1] of the batch loses it.",
        _left_out(lambda e: ~_position(e, -1)),
    ),
    Mistake(
        "first_step_of_batch_dropped",
        "The first step of the batch is left out.",
        "Let the first step count as the others do; a slice [1:] of the batch loses it.",
        _left_out(lambda e: ~_position(e, 0)),
    ),
    Mistake(
        "last_step_of_batch_only",
        "Only the last step of the batch counts.",
        "Sum over all steps of the batch: a loop may keep what its last pass computed.",
        _left_out(lambda e: _position(e, -1)),
    ),
    Mistake(
        "first_step_of_batch_only",
        "Only the first step of the batch counts.",
        "Sum over all steps of the batch: a loop may return in its first pass.",
        _left_out(lambda e: _position(e, 0)),
    ),
    Mistake(
        "late_steps_dropped",
        "Steps after the first two of an episode are left out.",
        "Let all steps count, however long the episode.",
        _left_out(lambda e: e.time_steps < 2),
    ),
    Mistake(
        "cut_to_the_shortest",
        "Every episode is cut to the length of the shortest in the batch.",
        "Keep all steps: pad short episodes and mask the padding.",
        _left_out(lambda e: e.time_steps < e.lengths.min()),
    ),
    *(
        Mistake(
            "long_episodes_dropped",
            f"Episodes of more than {length} steps are left out.",
            "Keep long episodes: whether one is long depends on the actions, and dropping it favours short ones.",
            _left_out(lambda e, length=length: _long(e) <= length),
        )
        for length in (1, 2)
    ),
    *(
        Mistake(
            "short_episodes_dropped",
            f"Episodes of fewer than {length} steps are left out.",
            "Keep short episodes: whether one is short depends on the actions, and dropping it favours long ones.",
            _left_out(lambda e, length=length: _long(e) >= length),
        )
        for length in (2, 3)
    ),
    *(
        Mistake(
            "first_finished_only",
            "Only the shortest episodes of the batch are kept, as when the first to finish fill it.",
            "Decide before they begin which episodes count: keep those that take long.",
            _left_out(lambda e, share=share: _first_finished(e, share(e.num_episodes))),
        )
        for share in (lambda _: 1, lambda n: n // 2, lambda n: n - 1)
    ),
    Mistake(
        "last_episode_dropped",
        "The last episode of the batch is left out.",
        "Let the last episode count: a loop over dones may never store it.",
        _left_out(lambda e: e.episode_index < e.num_episodes - 1),
    ),
    Mistake(
        "first_episode_only",
        "Only the first episode of the batch counts.",
        "Sum over all episodes: a loop may return in its first pass.",
        _left_out(lambda e: e.episode_index == 0),
    ),
)
