"""The battery: small games that together expose every known mistake a loss over discrete actions can make.

One game never suffices: immediate rewards are right where there is one decision, dividing by a deviation where there
are two rewards, run-on returns wherever episodes are complete. Rewards and probabilities are drawn from a seed; the
shapes are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import final

import torch

from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.tree.game import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features


@final
@dataclass(frozen=True)
class Probe:
    """A game with the shape of its policy.

    Attributes:
        name: in lower case with underscores.
        exposes: what it is there for, as the end of a sentence.
        make: (random numbers, discount) → game; observations are tuples of D numbers.
        shared: whether the information sets share the policy's parameters.
    """

    name: str
    exposes: str
    make: Callable[[Random, Fraction], TabularGame] = field(repr=False)
    shared: bool = False

    def game(self, seed: int, discount: Fraction = Fraction(1)) -> TabularGame:
        """The game for one seed."""
        return self.make(Random(f"{self.name} {seed}"), discount)

    def policy(self, game: TabularGame, seed: int, returns: str = "logits") -> ProbePolicy:
        """A policy for it: one linear layer whose probabilities are ratios of small whole numbers.

        Without shared parameters observations are unit vectors, so that each has weights of its own beside the bias.
        """
        numbers = Random(f"policy of {self.name} {seed}")
        width = len(observation_features(unroll(game))[0])
        # Ratios of small whole numbers, never equal within a row: equal ones would hide a missing softmax.
        rows = [numbers.sample(_ODDS, game.num_actions) for _ in range(width)]
        weights = torch.tensor([[math.log(odds) for odds in row] for row in rows], dtype=torch.float64).T
        values = torch.tensor([[numbers.randint(-3, 3) + 0.5 for _ in range(width)]], dtype=torch.float64)
        return ProbePolicy(weights, values, returns=returns)


_ODDS = (1, 2, 3, 4)
_REWARDS = (-4, -3, -2, -1, 1, 2, 3, 4, 5)


def _three_arms(numbers: Random, discount: Fraction) -> TabularGame:
    rewards = numbers.sample(_REWARDS, 3)
    return TabularGame({(1,): {a: [(1, "end", r, True)] for a, r in enumerate(rewards)}}, (1,), 1, discount=discount)


def _two_decisions(numbers: Random, discount: Fraction) -> TabularGame:
    return _after_each_action(numbers, discount, [(1, 0, 0), (0, 1, 0), (0, 0, 1)])


def _shared_parameters(numbers: Random, discount: Fraction) -> TabularGame:
    return _after_each_action(numbers, discount, [(1, 0), (1, 1), (0, 1)])


def _after_each_action(numbers: Random, discount: Fraction, seen: list[tuple[int, ...]]) -> TabularGame:
    first, *then = seen
    gains = numbers.sample(_REWARDS, 6)
    table = {
        first: {action: [(1, then[action], gains[action], False)] for action in (0, 1)},
        then[0]: {action: [(1, "end", gains[2 + action], True)] for action in (0, 1)},
        then[1]: {action: [(1, "end", gains[4 + action], True)] for action in (0, 1)},
    }
    return TabularGame(table, first, 2, discount=discount)


def _unequal_lengths(numbers: Random, discount: Fraction) -> TabularGame:
    stop, go, stop_then, go_on, left, right = numbers.sample(_REWARDS, 6)
    first, second, third = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    table = {
        first: {0: [(1, "end", stop, True)], 1: [(1, second, go, False)]},
        second: {0: [(1, "end", stop_then, True)], 1: [(1, third, go_on, False)]},
        third: {0: [(1, "end", left, True)], 1: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 3, discount=discount)


def _chance(numbers: Random, discount: Fraction) -> TabularGame:
    lucky, unlucky, sure, left, right = numbers.sample(_REWARDS, 5)
    first, second = (1, 0), (0, 1)
    table = {
        first: {
            0: [("1/3", second, lucky, False), ("2/3", "end", unlucky, True)],
            1: [(1, second, sure, False)],
        },
        second: {0: [(1, "end", left, True)], 1: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 2, discount=discount)


def _two_starts(numbers: Random, discount: Fraction) -> TabularGame:
    one, two, third, fourth, fifth = numbers.sample(_REWARDS, 5)
    easy, hard, later = (1, 0, 0), (1, 1, 0), (1, 0, 1)
    table = {
        easy: {0: [(1, "end", one, True)], 1: [(1, later, two, False)]},
        later: {0: [(1, "end", third, True)], 1: [(1, "end", -third, True)]},
        hard: {0: [(1, "end", fourth, True)], 1: [(1, "end", fifth, True)]},
    }
    return TabularGame(table, {easy: "1/2", hard: "1/2"}, 2, discount=discount)


def _illegal_action(numbers: Random, discount: Fraction) -> TabularGame:
    stop, go, left, middle, right = numbers.sample(_REWARDS, 5)
    first, second = (1, 0), (0, 1)
    table = {
        first: {0: [(1, "end", stop, True)], 2: [(1, second, go, False)]},
        second: {0: [(1, "end", left, True)], 1: [(1, "end", middle, True)], 2: [(1, "end", right, True)]},
    }
    return TabularGame(table, first, 2, discount=discount)


THREE_ARMS = Probe(
    "three_arms",
    "baselines that depend on the action, normalisers, wrong log-probabilities: one decision, three rewards",
    _three_arms,
)
TWO_DECISIONS = Probe(
    "two_decisions",
    "returns credited to the wrong step: two decisions with parameters of their own",
    _two_decisions,
)
SHARED_PARAMETERS = Probe(
    "shared_parameters",
    "terms weighed differently at different steps: two decisions with shared parameters",
    _shared_parameters,
    shared=True,
)
UNEQUAL_LENGTHS = Probe(
    "unequal_lengths",
    "averages by length, padding, dropped steps: episodes of one, two and three steps",
    _unequal_lengths,
)
CHANCE = Probe(
    "chance",
    "luck taken for skill: the same action is followed by different rewards and lengths",
    _chance,
)
TWO_STARTS = Probe(
    "two_starts",
    "statistics over the wrong group: two prompts of different difficulty that share parameters",
    _two_starts,
    shared=True,
)
ILLEGAL_ACTION = Probe(
    "illegal_action",
    "a mask that was used in sampling, not in the loss: an action that is not always legal",
    _illegal_action,
)

#: All of them, in the order in which results list them.
BATTERY = (
    THREE_ARMS,
    TWO_DECISIONS,
    SHARED_PARAMETERS,
    UNEQUAL_LENGTHS,
    CHANCE,
    TWO_STARTS,
    ILLEGAL_ACTION,
)
