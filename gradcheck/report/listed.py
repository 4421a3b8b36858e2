"""What a report computes where all episodes can be listed: estimates from counts, and expected gradients of batches."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from torch import Tensor, nn

from gradcheck.estimators.episode_list import AllEpisodes
from gradcheck.estimators.gradients import flattened
from gradcheck.estimators.policies import LinearPolicy, ProbabilityTable, TabularPolicy
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.exact import policy_gradient
from gradcheck.report.estimates import Estimate, estimate
from gradcheck.report.finite_batch import FiniteBatch, affordable, finite_batches
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats, Integers
from gradcheck.tree.values.policy_table import PolicyTable

_MAX_STEPS = 300_000  # in all batches of all sizes: about two seconds


@final
@dataclass(frozen=True)
class ParameterEstimates:
    """The gradient in one parameter tensor of a policy, entry by entry.

    Attributes:
        name: of the parameter.
        shape: of the tensor.
        estimates: by estimator, the entries in row-major order.
    """

    name: str
    shape: tuple[int, ...]
    estimates: Mapping[str, tuple[Estimate, ...]]


@final
@dataclass(frozen=True, eq=False)
class Listed:
    """All possible episodes of a game under a policy, and how often each was sampled.

    Attributes:
        tree: of the game.
        policy: the policy.
        episodes: all that are possible.
        counts: [K] how often each was sampled.
        false_alarm: the probability that a table of estimates by one right loss is out of its bounds.
    """

    tree: GameTree
    policy: PolicyTable
    episodes: AllEpisodes
    counts: Integers
    false_alarm: float

    def partials(self, losses: Mapping[str, Loss], exact: Floats) -> dict[str, tuple[Estimate, ...]]:
        """The estimates of ∂R/∂x."""
        return self._estimates(losses, ProbabilityTable(self.tree, self.policy), exact)

    def linear(self, losses: Mapping[str, Loss]) -> tuple[ParameterEstimates, ...]:
        """The gradient in the parameters of a linear policy; none where there is no such policy."""
        try:
            policy = LinearPolicy(self.tree, self.policy)
        except InvalidArgument:  # its logits need not be linear in the observation
            return ()
        exact = policy_gradient(self.tree, policy)
        flat = self._estimates(losses, policy, flattened(exact).numpy())
        ends = np.cumsum([value.numel() for value in exact.values()])
        return tuple(
            ParameterEstimates(
                name, tuple(value.shape), {loss: row[end - value.numel() : end] for loss, row in flat.items()}
            )
            for (name, value), end in zip(exact.items(), ends.tolist(), strict=True)
        )

    def finite(
        self, losses: Mapping[str, Loss], sizes: Sequence[int]
    ) -> tuple[tuple[FiniteBatch, ...], tuple[FiniteBatch, ...]]:
        """What common practices do to the expected gradient: at affordable small batches, and at one episode."""
        policy = TabularPolicy(self.tree, self.policy)
        exact: Tensor = policy_gradient(self.tree, policy)["logits"].reshape(-1)
        longest = int(self.episodes.episodes.lengths.max())
        affordable_sizes = affordable(self.episodes.count, longest, sizes, _MAX_STEPS)
        with warnings.catch_warnings():
            # torch warns of a standard deviation of one number. That case is what is being measured.
            warnings.filterwarnings("ignore", message="std.*degrees of freedom")
            rows = finite_batches(losses, policy, self.episodes, exact, [1, *affordable_sizes])
        return rows[len(losses) :], rows[: len(losses)]

    def _estimates(
        self, losses: Mapping[str, Loss], policy: nn.Module, exact: Floats
    ) -> dict[str, tuple[Estimate, ...]]:
        return {
            name: estimate(loss, policy, self.episodes, self.counts, exact, false_alarm=self.false_alarm)
            for name, loss in losses.items()
        }
