"""Play everything: all episodes of a game with their probabilities, and values, by recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, final

import torch
from torch import Tensor, nn

from gradcheck.tree.game import TabularGame


@final
@dataclass(frozen=True, eq=False)
class Setting:
    """A game, the policy at which the loss is evaluated, and the one that samples."""

    name: str
    condition: str
    game: TabularGame
    policy: nn.Module
    behaviour: nn.Module

    def has(self, *conditions: str) -> bool:
        """Whether one of these conditions holds, alone or beside others."""
        return not set(conditions).isdisjoint(self.condition.split(" + "))


@final
@dataclass(frozen=True)
class Step:
    """One step; ``value`` is that of the state after it, where a collector cut the episode there, else 0."""

    observation: tuple[float, ...]
    action: int
    reward: float
    after: tuple[float, ...] | None
    legal: tuple[int, ...]
    cut: bool = False
    value: float = 0.0


@final
@dataclass(frozen=True)
class Played:
    """An episode, the number of its start, and the product of the probabilities of chance along it."""

    start: int
    steps: tuple[Step, ...]
    chance: Fraction


def every_episode(game: TabularGame) -> list[Played]:
    """All complete episodes."""

    def on_from(state: Any, time: int, start: int, steps: tuple[Step, ...], chance: Fraction) -> Iterator[Played]:
        for step, next_state, probability in one_step(game, state, time):
            if step.after is None:
                yield Played(start, (*steps, step), chance * probability)
            else:
                yield from on_from(next_state, time + 1, start, (*steps, step), chance * probability)

    found = []
    for number, (probability, state) in enumerate(game.starts()):
        found += on_from(state, 0, number, (), Fraction(probability))
    return found


def one_step(game: TabularGame, state: Any, time: int) -> Iterator[tuple[Step, Any, Fraction]]:
    """Everything that one step can be, with the next state and the probability of chance."""
    seen, legal = _numbers(game.observe(state)), tuple(game.legal_actions(state))
    for action in legal:
        for probability, next_state, reward, terminated in game.step(state, action):
            over = terminated or (game.horizon is not None and time + 1 == game.horizon)
            after = None if over else _numbers(game.observe(next_state))
            yield Step(seen, action, float(reward), after, legal), next_state, Fraction(probability)


def _numbers(observation: object) -> tuple[float, ...]:
    assert isinstance(observation, tuple)
    return observation


def floats(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def log_prob(policy: nn.Module, step: Step) -> Tensor:
    """log π(action | observation) over the legal actions."""
    output = policy(floats([step.observation]))
    output = output[0] if isinstance(output, tuple) else output
    logits = (output if isinstance(output, Tensor) else output.logits)[0]
    return logits[step.action] - logits[list(step.legal)].logsumexp(0)


def probability(policy: nn.Module, episode: Played) -> Tensor:
    """Of an episode, differentiable."""
    total = floats(float(episode.chance))
    for step in episode.steps:
        total = total * log_prob(policy, step).exp()
    return total


@cache
def value(game: TabularGame, policy: nn.Module, state: Any, time: int) -> float:
    """The expected discounted return from a state on."""
    total = 0.0
    for step, next_state, chance in one_step(game, state, time):
        later = 0.0 if step.after is None else value(game, policy, next_state, time + 1)
        total += (
            float(chance) * float(log_prob(policy, step).detach().exp()) * (step.reward + float(game.discount) * later)
        )
    return total
