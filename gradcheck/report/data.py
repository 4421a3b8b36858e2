"""Everything the report says, computed: game and policy → exact truth and sampled estimates → verdict."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estimators.collecting import AllEpisodes, all_episodes, num_batches
from estimators.inverse_probability import inverse_prob
from estimators.log_probability import log_prob
from estimators.losses import Loss
from estimators.policies import LinearPolicy, ProbabilityTable, TabularPolicy
from estimators.sampling import sample_counts
from estimators.weights import from_the_start, future_returns
from gradcheck.estimates import Estimate, estimate
from gradcheck.finite_batch import FiniteBatch, finite_batches, habits
from gradcheck.truth import policy_gradient
from tree.best import Strategy, best_strategy
from tree.errors import InvalidArgument, invalid
from tree.game import TabularGame
from tree.sums import SumsAt, SymbolicSums, symbolic_sums
from tree.tables import PolicyTable
from tree.unroll import GameTree

#: How likely a report on right estimators disagrees by chance: over all its estimates together.
FALSE_ALARM = 1e-6

#: The batch sizes at which the expected gradient is worked out exactly.
BATCH_SIZES = range(2, 9)
_MAX_BATCHES = 20_000  # at each size; half a minute


@final
@dataclass(frozen=True)
class OneStep:
    """The first decision as a game of its own: two rectangles of width x and height reward, whose area is R.

    Attributes:
        probabilities: the widths.
        partials: ∂R/∂x, the heights.
    """

    probabilities: tuple[float, ...]
    partials: tuple[float, ...]

    @classmethod
    def of(cls, game: TabularGame, policy: PolicyTable) -> OneStep:
        """The one decision of a game, at a policy; rows of the policy for other observations are ignored."""
        sums = symbolic_sums(game)
        at = sums.at({observation: policy[observation] for observation in sums.tree.observations})
        return cls(tuple(map(float, at.x)), tuple(map(float, at.partials_R)))

    @property
    def expected_return(self) -> float:
        """The total area."""
        return sum(width * height for width, height in zip(self.probabilities, self.partials, strict=True))

    @property
    def difference(self) -> float:
        """How fast R changes when probability moves from the first action to the second."""
        return self.partials[1] - self.partials[0]


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
class Report:
    """The exact truth about a game and a policy, the sampled estimates, and whether they agree.

    Attributes:
        name: of the game.
        actions: the words for the actions.
        sums: R and Y with their proofs.
        at: their values at the policy.
        best: the best deterministic strategy.
        one_step: the first decision alone; None where the report is not about the robot.
        partials: by estimator, the estimates of ∂R/∂x_i.
        linear: the gradient in the parameters of a linear policy; empty where none plays these probabilities.
        finite: what practical habits do to the expected gradient at small batches; sizes with too many batches are out.
        single: the same at a batch of one episode, where the habits can be undefined.
        episodes: how many were sampled.
        seed: of the sample.
        seconds: the report took.
    """

    name: str
    actions: tuple[str, ...]
    sums: SymbolicSums = field(repr=False)
    at: SumsAt = field(repr=False)
    best: Strategy
    one_step: OneStep | None
    partials: Mapping[str, tuple[Estimate, ...]] = field(repr=False)
    linear: tuple[ParameterEstimates, ...] = field(repr=False)
    finite: tuple[FiniteBatch, ...] = field(repr=False)
    single: tuple[FiniteBatch, ...] = field(repr=False)
    episodes: int
    seed: int
    seconds: float

    @property
    def identity_holds(self) -> bool:
        """Whether ∂Y/∂x at p = x is ∂R/∂x for every x; proved."""
        return self.sums.identity_holds

    @property
    def proved(self) -> bool:
        """Whether the identity holds, the forms of R agree, and the sampled sums have the means they should have."""
        sampled = self.sums.sampled
        means = (sampled.plain_is_as_told, sampled.inverse_prob_is_Y, sampled.log_prob_gradient_is_partials)
        return self.identity_holds and self.sums.forms_agree and all(means)

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """All the estimates in the report."""
        tables = [self.partials, *(parameter.estimates for parameter in self.linear)]
        return tuple(one for table in tables for row in table.values() for one in row)

    @property
    def agrees(self) -> bool:
        """Whether every estimate is within its bound of the exact value."""
        return all(one.agrees for one in self.estimates)

    @property
    def passed(self) -> bool:
        """Whether everything that is proved holds, and the estimates agree."""
        return self.proved and self.agrees


def make_report(
    game: TabularGame,
    policy: PolicyTable,
    *,
    episodes: int = 1_000_000,
    seed: int = 0,
    name: str = "game",
    actions: Sequence[str] | None = None,
    one_step: TabularGame | None = None,
    losses: Mapping[str, Loss] | None = None,
) -> Report:
    """Compute the report.

    Args:
        game: small enough that all its episodes can be enumerated.
        policy: ``{observation: probabilities}``, above 0 for every legal action.
        episodes: how many to sample.
        seed: of the sample.
        name: of the game.
        actions: words for the actions; their numbers by default.
        one_step: the first decision as a game of its own, if it should be pictured.
        losses: the estimators to hold against the truth, each a mean over episodes of reward-to-go terms; by default
            ``log_prob`` and ``inverse_prob``.

    Raises:
        InvalidArgument: if an argument cannot be used.
    """
    began = time.perf_counter()
    sums = symbolic_sums(game)
    tree, at = sums.tree, sums.at(policy)
    for (observation, action), probability in zip(sums.variables, at.x, strict=True):
        if not probability:
            hint = "What is never done cannot be sampled, and its partial not estimated."
            raise invalid("a probability above 0", f"policy[{observation!r}][{action}]", probability, hint)
    weights = future_returns if game.discount == 1 else from_the_start(game.discount)
    losses = losses or {
        "log_prob": partial(log_prob, weights=weights),
        "inverse_prob": partial(inverse_prob, weights=weights),
    }

    every = all_episodes(tree, policy)
    counts = sample_counts(every, episodes, seed)
    partials = torch.tensor([float(value) for value in at.partials_R], dtype=torch.float64)
    tabular, linear = TabularPolicy(tree, policy), _linear_policy(tree, policy)
    finite, single = _finite(habits(weights), tabular, every, policy_gradient(tree, tabular))
    return Report(
        name=name,
        actions=tuple(actions or map(str, range(game.num_actions))),
        sums=sums,
        at=at,
        best=best_strategy(tree),
        one_step=None if one_step is None else OneStep.of(one_step, policy),
        partials=_estimates(losses, ProbabilityTable(tree, policy), every, counts, partials),
        linear=() if linear is None else _by_parameter(losses, linear, every, counts, policy_gradient(tree, linear)),
        finite=finite,
        single=single,
        episodes=int(counts.sum()),
        seed=seed,
        seconds=time.perf_counter() - began,
    )


def _linear_policy(tree: GameTree, policy: PolicyTable) -> LinearPolicy | None:
    """A linear layer that plays the policy, where there is one: its logits need not be linear in the observation."""
    try:
        return LinearPolicy(tree, policy)
    except InvalidArgument:
        return None


def _estimates(
    losses: Mapping[str, Loss], policy: nn.Module, every: AllEpisodes, counts: NDArray[np.int64], exact: Tensor
) -> dict[str, tuple[Estimate, ...]]:
    """The estimates of a gradient by each loss; two such tables share the report's false alarms."""
    share = FALSE_ALARM / (2 * len(losses))
    truth = exact.numpy()
    return {name: estimate(loss, policy, every, counts, truth, false_alarm=share) for name, loss in losses.items()}


def _by_parameter(
    losses: Mapping[str, Loss],
    policy: nn.Module,
    every: AllEpisodes,
    counts: NDArray[np.int64],
    exact: Mapping[str, Tensor],
) -> tuple[ParameterEstimates, ...]:
    """The estimates of a policy's gradient, parameter by parameter."""
    flat = _estimates(losses, policy, every, counts, torch.cat([value.reshape(-1) for value in exact.values()]))
    ends = np.cumsum([value.numel() for value in exact.values()])
    return tuple(
        ParameterEstimates(
            name, tuple(value.shape), {loss: row[end - value.numel() : end] for loss, row in flat.items()}
        )
        for (name, value), end in zip(exact.items(), ends.tolist(), strict=True)
    )


def _finite(
    losses: Mapping[str, Loss], policy: TabularPolicy, every: AllEpisodes, gradient: Mapping[str, Tensor]
) -> tuple[tuple[FiniteBatch, ...], tuple[FiniteBatch, ...]]:
    exact = gradient["logits"].reshape(-1)
    with warnings.catch_warnings():
        # torch warns of a standard deviation of one number. That case is what is being measured.
        warnings.filterwarnings("ignore", message="std.*degrees of freedom")
        single = finite_batches(losses, policy, every, exact, [1])
    sizes = [size for size in BATCH_SIZES if num_batches(every.count, size) <= _MAX_BATCHES]
    return finite_batches(losses, policy, every, exact, sizes), single
