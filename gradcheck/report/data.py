"""Everything the report says, computed: game and policy → exact truth and sampled estimates → verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import final

import numpy as np

from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policies import ProbabilityTable
from gradcheck.estimators.policy_gradients import Loss, inverse_prob, log_prob
from gradcheck.estimators.sampling import sample_counts, sample_in_chunks
from gradcheck.estimators.threads import one_thread
from gradcheck.estimators.weights import from_the_start, future_returns
from gradcheck.report.estimates import Estimate, estimate_in_chunks
from gradcheck.report.finite_batch import FiniteBatch, common_practices
from gradcheck.report.listed import Listed, ParameterEstimates
from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.games.game_size import uniform_policy
from gradcheck.tree.progress import progress
from gradcheck.tree.rationals import as_distribution, object_array
from gradcheck.tree.sources.gymnasium_table import GymnasiumTable
from gradcheck.tree.symbolic.expansion import num_terms
from gradcheck.tree.symbolic.identities import Proof, SumPolynomials
from gradcheck.tree.symbolic.sums import SumsAt, SymbolicSums, symbolic_sums
from gradcheck.tree.types import Array, Number, State
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.tree_size import Size, size_of
from gradcheck.tree.validation.arguments import positive_int64
from gradcheck.tree.values.best_policy import Strategy, best_strategy, best_with_recall
from gradcheck.tree.values.evaluation import Evaluation, evaluate
from gradcheck.tree.values.policy_table import PolicyTable, read_rows
from gradcheck.tree.variance.range_bounds import EstimateBounds, estimate_bounds

#: How likely a report on right estimators disagrees by chance: over all its estimates together.
FALSE_ALARM = 1e-6

#: The batch sizes at which the expected gradient is worked out exactly.
BATCH_SIZES = range(2, 9)

#: How many episodes are sampled where nothing else is asked for: fewer where they are long.
EPISODES = 1_000_000

_STEPS = 8_000_000  # that are sampled unless more are asked for: a few seconds
_STEPS_AT_ONCE = 250_000  # at most: about as many megabytes
_CHUNKS = 64  # at least, where there are as many episodes: so the standard error is known to a tenth of itself
_MAX_EXACT = 30_000_000  # edges times levels, with whose square roughly the digits of rationals grow: a second or two
_LARGEST = 1e100  # a return over a probability; its square, times a million episodes, is far from overflowing
_MAX_TERMS = 200_000  # of polynomials to be compared: a second
_MAX_TRIED = 5_000_000  # strategies times edges times levels, where all are tried: a few seconds, were all equally good


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
@dataclass(frozen=True, eq=False)
class Report:
    """The exact truth about a game and a policy, the sampled estimates, and whether they agree.

    Attributes:
        name: of the game.
        actions: the words for the actions.
        size: of the game.
        unreachable: the states of its table that no episode can meet.
        source: what became of the table of another library, if the game comes from one.
        sums: R and Y with their proofs; where they cannot be written down, only the proof.
        at: their terms at the policy; None where the episodes are too many to be listed.
        x: [V] the action probabilities.
        truth: everything exact about the policy; in float64 where rationals would take too long.
        best: the best deterministic strategy; None where it cannot be found in time.
        one_step: the first decision alone; None where the report is not about the robot.
        partials: by estimator, the estimates of ∂R/∂x_i; None for what is never done, and so cannot be sampled.
        spread: of the estimates; None where episodes are listed.
        linear: the gradient in the parameters of a linear policy; empty where none plays these probabilities, or
            episodes are not listed.
        finite: what common practices do to the expected gradient at small batches; sizes with too many batches are left
            out.
        single: the same at a batch of one episode, where the practices can be undefined.
        episodes: how many were sampled.
        lowered: whether these are fewer than usual, because episodes are long.
        seed: of the sample.
        seconds: the report took.
    """

    name: str
    actions: tuple[str, ...]
    size: Size
    unreachable: tuple[State, ...]
    source: GymnasiumTable | None
    sums: SymbolicSums = field(repr=False)
    at: SumsAt | None = field(repr=False)
    x: Array = field(repr=False)
    truth: Evaluation = field(repr=False)
    best: Strategy | None
    one_step: OneStep | None
    partials: Mapping[str, tuple[Estimate | None, ...]] = field(repr=False)
    spread: EstimateBounds | None = field(repr=False)
    linear: tuple[ParameterEstimates, ...] = field(repr=False)
    finite: tuple[FiniteBatch, ...] = field(repr=False)
    single: tuple[FiniteBatch, ...] = field(repr=False)
    episodes: int
    lowered: bool
    seed: int
    seconds: float

    @property
    def tree(self) -> GameTree:
        """The unrolled game."""
        return self.sums.tree

    @cached_property
    def average_return(self) -> tuple[Number | None, ...]:
        """[V] the average return after each action; None where the decision is never reached."""
        if self.at is not None:
            return self.truth.average_return
        weights, partials = self.truth.weight.tolist(), self.truth.partials.tolist()
        return tuple(value / weight if weight else None for value, weight in zip(partials, weights, strict=True))

    @property
    def proof(self) -> Proof:
        """How it was decided that ∂Y/∂x at p = x is ∂R/∂x for every x."""
        return self.sums.proof

    @property
    def identity_holds(self) -> bool:
        """Whether ∂Y/∂x at p = x is ∂R/∂x for every x; proved."""
        return self.proof.holds

    @property
    def proved(self) -> bool:
        """Whether the identity holds; and, where the sums are listed, all the others that the report tells."""
        if self.at is None:
            return self.identity_holds
        sampled = self.sums.sampled
        means = (sampled.plain_is_as_told, sampled.inverse_prob_is_Y, sampled.log_prob_gradient_is_partials)
        return self.identity_holds and self.sums.forms_agree and all(means)

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """All the estimates in the report."""
        tables = [self.partials, *(parameter.estimates for parameter in self.linear)]
        return tuple(one for table in tables for row in table.values() for one in row if one is not None)

    @property
    def agrees(self) -> bool:
        """Whether every estimate is within its bound of the exact value."""
        return all(one.agrees for one in self.estimates)

    @property
    def passed(self) -> bool:
        """Whether everything that is proved holds, and the estimates agree."""
        return self.proved and self.agrees


@one_thread()
def make_report(
    game: Game | GameTree,
    policy: PolicyTable | None = None,
    *,
    episodes: int | None = None,
    seed: int = 0,
    name: str = "game",
    actions: Sequence[str] | None = None,
    one_step: TabularGame | None = None,
    losses: Mapping[str, Loss] | None = None,
    source: GymnasiumTable | None = None,
) -> Report:
    """Compute the report.

    Where the game has a few hundred different episodes at most, they are listed: the report then has every term of R
    and Y, and the expectation of every estimator. Else the exact numbers come from the graph of the game, and episodes
    are sampled along it.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: ``{observation: probabilities}``; every legal action equally likely by default.
        episodes: how many to sample; by default a million, and fewer where they are long.
        seed: of the sample.
        name: of the game.
        actions: words for the actions; their numbers by default.
        one_step: the first decision as a game of its own, if it should be pictured.
        losses: the estimators to compare with the truth, each a mean over episodes of reward-to-go terms; by default
            ``log_prob`` and ``inverse_prob``.
        source: what became of the table of another library, if the game comes from one.

    Raises:
        InvalidArgument: if an argument cannot be used.
    """
    began = time.perf_counter()
    if episodes is not None:
        episodes = positive_int64(episodes, "num_episodes")
    tree = unroll(game)
    size = size_of(tree)
    weights = future_returns if tree.game.discount == 1 else from_the_start(tree.game.discount)
    losses = losses or {
        "log_prob": partial(log_prob, weights=weights),
        "inverse_prob": partial(inverse_prob, weights=weights),
    }
    share = FALSE_ALARM / (2 * len(losses))  # two tables of estimates by each
    linear: tuple[ParameterEstimates, ...] = ()
    finite: tuple[FiniteBatch, ...] = ()
    single: tuple[FiniteBatch, ...] = ()
    if size.listable:
        tree = unroll(tree, merge=False)
        policy = uniform_policy(tree) if policy is None else policy
        sums, spread = symbolic_sums(tree), None
        at = sums.at(policy)
        x, truth = object_array(at.x), at.evaluation
        _refuse_extremes(tree, x)
        possible = all_episodes(tree, policy)
        counts = sample_counts(possible, episodes or EPISODES, seed)
        listed = Listed(tree, policy, possible, counts, share)
        partials = listed.partials(losses, _floats(truth.partials))
        linear = listed.linear(losses)
        finite, single = listed.finite(common_practices(weights), BATCH_SIZES)
        sampled = int(counts.sum())
    else:
        # As a graph, the sums are not multiplied out.
        sums = SymbolicSums(SumPolynomials(tree if num_terms(tree) <= _MAX_TERMS else unroll(tree, merge=True)))
        at, x = None, _probabilities(tree, policy)
        _refuse_extremes(tree, x)
        exactly = tree.num_edges * len(tree.node_levels) <= _MAX_EXACT
        truth = evaluate(tree, x if exactly else x.astype(np.float64))
        spread = estimate_bounds(tree, x.astype(np.float64))
        sampled = episodes or _affordable_episodes(spread.mean_length)
        chunks = _in_chunks(tree, x.astype(np.float64), sampled, seed)
        table = ProbabilityTable(tree, x.astype(np.float64), by_number=True)
        partials = estimate_in_chunks(losses, table, chunks, _floats(truth.partials), spread, false_alarm=share)
    never = {variable for variable, chance in enumerate(x) if not chance}
    return Report(
        name=name,
        actions=tuple(actions or map(str, range(tree.game.num_actions))),
        size=size,
        unreachable=tuple(dict.fromkeys([*tree.rules.unreachable, *(source.unreachable if source else ())])),
        source=source,
        sums=sums,
        at=at,
        x=x,
        truth=truth,
        best=_best(tree),
        one_step=None if one_step is None or policy is None else OneStep.of(one_step, policy),
        partials={
            loss: tuple(None if i in never else one for i, one in enumerate(row)) for loss, row in partials.items()
        },
        spread=spread,
        linear=linear,
        finite=finite,
        single=single,
        episodes=sampled,
        lowered=episodes is None and sampled < EPISODES,
        seed=seed,
        seconds=time.perf_counter() - began,
    )


def _in_chunks(tree: GameTree, x: Array, episodes: int, seed: int) -> Iterator[Episodes]:
    """Episodes sampled along the tree, so many at a time."""
    chunk = max(1, min(math.ceil(episodes / _CHUNKS), _STEPS_AT_ONCE // len(tree.node_levels)))
    chunks = sample_in_chunks(tree, x, episodes, seed, chunk=chunk)
    return progress(chunks, math.ceil(episodes / chunk), f"chunks of {chunk:,} episodes")


def _probabilities(tree: GameTree, policy: PolicyTable | None) -> Array:
    """[V] the action probabilities as rationals that sum to 1 exactly."""
    if policy is None:
        return object_array([Fraction(1, len(legal)) for legal in tree.rules.legal for _ in legal])
    return object_array([chance for row in read_rows(tree, policy) for chance in as_distribution(row)])


def _affordable_episodes(mean_length: float) -> int:
    """How many episodes are sampled by default: a round number with at most ``_STEPS`` steps in all, 100 at least."""
    rounds = (leading * 10**power for power in range(6, 1, -1) for leading in (5, 2, 1))
    return next((count for count in rounds if count <= EPISODES and count * mean_length <= _STEPS), 100)


def _best(tree: GameTree) -> Strategy | None:
    """The best deterministic strategy, if they are few, or the player forgets nothing."""
    each = math.log(tree.num_edges * len(tree.node_levels))  # their number may have thousands of digits
    if each + sum(math.log(len(legal)) for legal in tree.rules.legal) <= math.log(_MAX_TRIED):
        return best_strategy(tree)
    return best_with_recall(tree)


def _floats(values: Array) -> Array:
    return np.array([float(value) for value in values], dtype=np.float64)


def _refuse_extremes(tree: GameTree, x: Array) -> None:
    """Refuse what would overflow, or vanish, when estimates are squared."""
    returns = float(np.abs(tree.rules.reward).max()) * len(tree.node_levels)
    if 0 < returns <= 1 / _LARGEST or not returns < _LARGEST * min(float(chance) for chance in x if chance):
        hint = "Estimates are squared in float64: multiply all rewards by one number that brings them near 1."
        expected = f"returns above {1 / _LARGEST:.0e}, and below {_LARGEST:.0e} times the smallest probability"
        raise invalid(expected, "the largest return", returns, hint)
