"""A probe: a game made from a seed, with the policy that plays it and, where ratios matter, the one it has moved to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.tree.game import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features

#: {observation: the odds of its actions}; an action that is not legal there has odds, too, which sampling ignores.
Odds: TypeAlias = Mapping[Any, Sequence[float]]

_SMALL_ODDS = (1, 2, 3, 4)
_FAR = 29.5


@final
@dataclass(frozen=True)
class Probe:
    """A game with the shape of its policy.

    Attributes:
        name: in lower case with underscores.
        exposes: what it is there for, as the end of a sentence.
        make: (random numbers, discount) → game; observations are tuples of D numbers.
        odds: random numbers → what the policy does; without it each weight is drawn by itself.
        moved: random numbers → what the policy does after updates on its batch; without it parameters move at random.
        rough: whether it is there for the verdict alone: it has many features at once, and mistakes are told apart on
            others. At batch sizes at which it has too many batches it is left out.
        shared_trunk: whether the critic reads what the actor has learned; of policies that have a critic.
        far_values: whether the critic's values lie beyond all returns.
    """

    name: str
    exposes: str
    make: Callable[[Random, Fraction], TabularGame] = field(repr=False)
    odds: Callable[[Random], Odds] | None = field(default=None, repr=False)
    moved: Callable[[Random], Odds] | None = field(default=None, repr=False)
    rough: bool = False
    shared_trunk: bool = False
    far_values: bool = False

    def game(self, seed: int, discount: Fraction = Fraction(1)) -> TabularGame:
        """The game for one seed."""
        return self.make(Random(f"{self.name} {seed}"), discount)

    def policy(self, game: TabularGame, seed: int, returns: str = "logits", *, moved: bool = False) -> ProbePolicy:
        """A policy for it: one linear layer whose probabilities are ratios of small whole numbers.

        Its bias is not zero, so that it is not uniform at the zeros of a padded batch.

        Args:
            game: of this probe, for the seed.
            seed: as for the game.
            returns: one of ``options.POLICY_OUTPUTS``.
            moved: whether it has been updated.
        """
        numbers = Random(f"policy of {self.name} {seed}")
        tree = unroll(game)
        features = observation_features(tree)
        width = features.shape[1]
        chosen = self.moved if moved else self.odds
        if chosen is None:
            # Never equal within a row: equal ones would hide a missing softmax.
            rows = [numbers.sample(_SMALL_ODDS, game.num_actions) for _ in range(width)]
            weights = torch.tensor([[math.log(odds) for odds in row] for row in rows], dtype=torch.float64).T
            values = [numbers.randint(-3, 3) + 0.5 for _ in range(width)]
            bias = [math.log(odds) for odds in numbers.sample(_SMALL_ODDS, game.num_actions)]
            weights, bias = _with_bias(weights, torch.tensor(bias, dtype=torch.float64), features)
        else:
            odds = chosen(Random(f"odds of {self.name} {seed}"))
            weights, bias = _with_odds([odds[seen] for seen in tree.observations], features)
            values = [numbers.randint(-3, 3) + 0.5 for _ in range(width)]
        if self.far_values:
            values = [_FAR * (-1) ** number for number in range(width)]
        return ProbePolicy(
            weights,
            torch.tensor([values], dtype=torch.float64),
            bias=bias,
            returns=returns,
            shared_trunk=self.shared_trunk,
        )


def _with_bias(weights: Tensor, bias: Tensor, features: np.ndarray) -> tuple[Tensor, Tensor]:
    """The weights [A, D] with which the logits stay as they are with a bias; no bias where there are none."""
    constant = torch.from_numpy(np.linalg.pinv(features) @ np.ones(len(features)))
    if not torch.allclose(torch.from_numpy(features) @ constant, torch.ones(len(features), dtype=torch.float64)):
        return weights, torch.zeros_like(bias)
    return weights - bias[:, None] * constant, bias


def _with_odds(rows: Sequence[Sequence[float]], features: np.ndarray) -> tuple[Tensor, Tensor]:
    """The smallest weights [A, D] and bias [A] with which the log-probabilities are those of the odds [I, A]."""
    probs = np.array([[odd / sum(row) for odd in row] for row in rows], dtype=np.float64)
    inputs = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    solution = torch.from_numpy(np.linalg.pinv(inputs) @ np.log(probs))
    return solution[:-1].T.contiguous(), solution[-1].contiguous()
