"""Rough games in a few numbers: what a search draws and shrinks, each with a policy and a batch size.

Rough is what the probes of the battery are not, or not all at once: observations that come again, that several states
share, that are negative or no whole numbers; many actions and steps; rewards that are zero, tied, fractional or large;
chance, small probabilities, several starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import comb, gcd, prod
from typing import NamedTuple, TypeAlias, final

from gradcheck.tree.game import TabularGame

#: N episodes; or (k, g), k groups of g.
Batch: TypeAlias = int | tuple[int, int]

#: Where an episode ends.
END = -1


class Outcome(NamedTuple):
    """What may follow on an action: the next state, a reward, and how likely it is, relative to the others."""

    to: int
    reward: Fraction
    weight: int = 1


@final
@dataclass(frozen=True)
class RoughGame:
    """A game with a policy and a batch size.

    Attributes:
        rows: for each state, for each action, its outcomes; none where the action is illegal.
        seen: for each state, the number of its observation.
        features: for each observation, its numbers.
        starts: (state, weight) for each start.
        horizon: the most steps of an episode.
        odds: of the policy, whole numbers above 0. Of a table: for each observation, for each action. Of a layer: for
            each action, for each feature, the number whose logarithm is the weight, and that of the bias at the end.
        is_layer: whether the policy is a linear layer, in which observations share parameters; else it is a table.
        batch: the batch size.
    """

    rows: tuple[tuple[tuple[Outcome, ...], ...], ...]
    seen: tuple[int, ...]
    features: tuple[tuple[float, ...], ...]
    starts: tuple[tuple[int, int], ...]
    horizon: int
    odds: tuple[tuple[int, ...], ...]
    is_layer: bool
    batch: Batch

    @property
    def num_actions(self) -> int:
        """A."""
        return len(self.rows[0])

    @property
    def outcomes(self) -> list[Outcome]:
        """All of them."""
        return [outcome for row in self.rows for outcomes in row for outcome in outcomes]


def episodes_by_start(game: RoughGame) -> tuple[int, ...]:
    """How many different episodes begin in each start."""
    left = [0] * len(game.rows)
    for step in range(game.horizon):
        left = [
            sum(1 if outcome.to == END or not step else left[outcome.to] for outcomes in row for outcome in outcomes)
            for row in game.rows
        ]
    return tuple(left[state] for state, _ in game.starts)


def count_batches(episodes: Iterable[int], batch: Batch) -> int:
    """How many different batches there are, whatever their order, from the numbers of episodes of each start."""
    if isinstance(batch, int):
        return comb(sum(episodes) + batch - 1, batch)
    number, size = batch
    groups = sum(comb(count + size - 1, size) for count in episodes)
    return comb(groups + number - 1, number)


def num_episodes(batch: Batch) -> int:
    """How many episodes there are in a batch."""
    return batch if isinstance(batch, int) else batch[0] * batch[1]


def tabular_game(game: RoughGame, discount: Fraction) -> TabularGame:
    """The game itself. States are called by their observations where each has its own."""
    apart = len(set(game.seen)) == len(game.seen)
    names = [game.features[seen] if apart else state for state, seen in enumerate(game.seen)]
    table = {
        names[state]: {
            action: [
                (
                    Fraction(outcome.weight, sum(other.weight for other in outcomes)),
                    "end" if outcome.to == END else names[outcome.to],
                    outcome.reward,
                    outcome.to == END,
                )
                for outcome in outcomes
            ]
            for action, outcomes in enumerate(row)
            if outcomes
        }
        for state, row in enumerate(game.rows)
    }
    every = sum(weight for _, weight in game.starts)
    return TabularGame(
        table,
        {names[state]: Fraction(weight, every) for state, weight in game.starts},
        game.horizon,
        None if apart else {name: game.features[seen] for name, seen in zip(names, game.seen, strict=True)},
        discount,
    )


def probabilities(game: RoughGame) -> dict[tuple[float, ...], tuple[Fraction, ...]]:
    """``{observation: probabilities}`` of a table, 0 where an action is illegal."""
    table: dict[tuple[float, ...], tuple[Fraction, ...]] = {}
    for row, seen in zip(game.rows, game.seen, strict=True):
        legal = [odds if outcomes else 0 for odds, outcomes in zip(game.odds[seen], row, strict=True)]
        table[game.features[seen]] = tuple(Fraction(odds, sum(legal)) for odds in legal)
    return table


def least_probability(game: RoughGame) -> float:
    """Of an action, legal or not, at any observation."""
    rows = [[float(odds) for odds in row] for row in game.odds]
    if game.is_layer:
        rows = [
            [prod(odds**number for odds, number in zip(of_action, (*seen, 1), strict=True)) for of_action in game.odds]
            for seen in game.features
        ]
    return min(min(row) / sum(row) for row in rows)


def tidy(game: RoughGame) -> RoughGame:
    """The same in its simplest form, without what no episode meets."""
    levels = [{state for state, _ in game.starts}]
    while len(levels) < game.horizon:
        following = {o.to for state in levels[-1] for outcomes in game.rows[state] for o in outcomes} - {END}
        if not following:
            break
        levels.append(following)
    states = sorted(set().union(*levels))
    number = {state: place for place, state in enumerate(states)} | {END: END}
    last = len(levels) == 1  # no step follows on the first
    observations = sorted({game.seen[state] for state in states})
    return replace(
        game,
        rows=tuple(
            tuple(
                tuple(o._replace(to=END if last else number.get(o.to, END), weight=w) for o, w in _lowest(outcomes))
                for outcomes in game.rows[state]
            )
            for state in states
        ),
        seen=tuple(observations.index(game.seen[state]) for state in states),
        features=tuple(game.features[seen] for seen in observations),
        starts=tuple((number[state], weight) for state, weight in _lowest_starts(game.starts)),
        horizon=len(levels),
        odds=game.odds if game.is_layer else tuple(_in_lowest_terms(game.odds[seen]) for seen in observations),
    )


def _lowest(outcomes: tuple[Outcome, ...]) -> Iterable[tuple[Outcome, int]]:
    return zip(outcomes, _in_lowest_terms([outcome.weight for outcome in outcomes]), strict=True)


def _lowest_starts(starts: tuple[tuple[int, int], ...]) -> Iterable[tuple[int, int]]:
    return zip([state for state, _ in starts], _in_lowest_terms([weight for _, weight in starts]), strict=True)


def _in_lowest_terms(numbers: Iterable[int]) -> tuple[int, ...]:
    numbers = list(numbers)
    return tuple(number // gcd(*numbers) for number in numbers)
