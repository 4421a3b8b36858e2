"""All batches that can come of a condition, as sequences of what was played, with their probabilities."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import torch
from torch import Tensor

from gradcheck.estimators.episodes import Episodes
from tests.check.brute_force.play import (
    Played,
    Setting,
    Step,
    every_episode,
    floats,
    log_prob,
    one_step,
    probability,
    value,
)


def episodes_of(played: Sequence[Played], setting: Setting, groups: Sequence[int] | None = None) -> Episodes:
    """The batch made of these episodes, in this order."""
    game, discount = setting.game, float(setting.game.discount)
    steps = [step for episode in played for step in episode.steps]
    returns: list[float] = []
    for episode in played:
        backwards, running = [], episode.steps[-1].value
        for step in reversed(episode.steps):
            running = step.reward + discount * running
            backwards.append(running)
        returns += reversed(backwards)
    width = len(steps[0].observation)
    ends = [step is episode.steps[-1] for episode in played for step in episode.steps]
    return Episodes(
        observations=floats([step.observation for step in steps]),
        actions=torch.tensor([step.action for step in steps]),
        rewards=floats([step.reward for step in steps]),
        dones=torch.tensor(ends),
        future_returns=floats(returns),
        episode_index=torch.tensor([i for i, episode in enumerate(played) for _ in episode.steps]),
        time_steps=torch.tensor([t for episode in played for t in range(len(episode.steps))]),
        log_probs=torch.stack([sampled_log_prob(setting, step) for step in steps]),
        legal_actions=torch.tensor([[a in step.legal for a in range(game.num_actions)] for step in steps]),
        num_episodes=len(played),
        lengths=torch.tensor([len(episode.steps) for episode in played]),
        group_index=torch.tensor(groups if groups is not None else [episode.start for episode in played]),
        next_observations=floats([step.after or (0.0,) * width for step in steps]),
        terminated=torch.tensor([step.after is None for step in steps]),
        truncated=torch.tensor([step.cut for step in steps]),
        bootstrap_values=floats([step.value for step in steps]),
        discount=discount,
    )


@cache
def sampled_log_prob(setting: Setting, step: Step) -> Tensor:
    return log_prob(setting.behaviour, step).detach()


def every_batch(setting: Setting, batch: int | tuple[int, int]) -> list[tuple[float, Episodes]]:
    """Every batch that can come of a condition, with its probability; these sum to 1."""
    if setting.has("fixed_steps"):
        assert isinstance(batch, int)
        found = [(p, episodes_of(played, setting)) for p, played in every_buffer(setting, batch)]
    elif setting.has("groups"):
        found = list(_grouped(setting, batch))
    else:
        assert isinstance(batch, int)
        every = [(float(probability(setting.behaviour, e).detach()), e) for e in every_episode(setting.game)]
        found = [
            (math.prod(p for p, _ in chosen), episodes_of([e for _, e in chosen], setting))
            for chosen in itertools.product(every, repeat=batch)
        ]
    assert abs(sum(p for p, _ in found) - 1) < 1e-12
    return found


def groups_of(setting: Setting, batch: int | tuple[int, int]) -> tuple[int, list[tuple[float, list[Played]]]]:
    """How many groups are in a batch, and all that one can be, with the probability of its start and episodes."""
    starts, size = batch if isinstance(batch, tuple) else (2, max(2, batch // 2))
    by_start: dict[int, list[tuple[float, Played]]] = {}
    for episode in every_episode(setting.game):
        p = float(probability(setting.behaviour, episode).detach())
        by_start.setdefault(episode.start, []).append((p, episode))
    found: list[tuple[float, list[Played]]] = []
    for members in by_start.values():
        of_start = sum(p for p, _ in members)
        found += [
            (of_start * math.prod(p / of_start for p, _ in chosen), [e for _, e in chosen])
            for chosen in itertools.product(members, repeat=size)
        ]
    return starts, found


def _grouped(setting: Setting, batch: int | tuple[int, int]) -> Iterator[tuple[float, Episodes]]:
    starts, groups = groups_of(setting, batch)
    for together in itertools.product(groups, repeat=starts):
        yield math.prod(p for p, _ in together), side_by_side([played for _, played in together], setting)


def side_by_side(groups: Sequence[list[Played]], setting: Setting) -> Episodes:
    numbers = [number for number, played in enumerate(groups) for _ in played]
    return episodes_of([episode for played in groups for episode in played], setting, numbers)


def every_buffer(setting: Setting, steps: int) -> list[tuple[float, list[Played]]]:
    """Every buffer of so many steps, episodes played one after another, the last cut where the buffer ends."""
    return list(_filled(setting, steps))


def _filled(setting: Setting, left: int) -> Iterator[tuple[float, list[Played]]]:
    if left == 0:
        yield 1.0, []
        return
    for number, (chance, state) in enumerate(setting.game.starts()):
        for p, first in begun(setting, number, state, (), left):
            for q, others in _filled(setting, left - len(first.steps)):
                yield float(chance) * p * q, [first, *others]


def begun(
    setting: Setting, start: int, state: Any, so_far: tuple[Step, ...], left: int
) -> Iterator[tuple[float, Played]]:
    """Every episode from a state on, cut if it is longer than what is left."""
    for step, next_state, chance in one_step(setting.game, state, len(so_far)):
        p = float(chance) * float(log_prob(setting.behaviour, step).detach().exp())
        if step.after is None:
            yield p, Played(start, (*so_far, step), Fraction(1))
        elif left == 1:
            worth = value(setting.game, setting.policy, next_state, len(so_far) + 1)
            yield p, Played(start, (*so_far, replace(step, cut=True, value=worth)), Fraction(1))
        else:
            for q, episode in begun(setting, start, next_state, (*so_far, step), left - 1):
                yield p * q, episode
