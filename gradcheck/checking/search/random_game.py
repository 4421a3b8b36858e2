"""Rough games at random: the n-th is the same for a seed, with every Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import TypeVar, final

from gradcheck.checking.search.rough_game import (
    END,
    Batch,
    Outcome,
    RoughGame,
    count_batches,
    episodes_by_start,
    least_probability,
    tidy,
)

_T = TypeVar("_T")

#: Sets of rewards, of which each game has one: ties and no rewards at all, whole numbers, fractions, large ones.
_REWARDS: tuple[tuple[Fraction, ...], ...] = (
    tuple(map(Fraction, (0, 0, 1))),
    tuple(map(Fraction, (0, 0, 0, 1, 2, -1))),
    tuple(map(Fraction, (-4, -3, -2, -1, 1, 2, 3, 5))),
    tuple(map(Fraction, ("1/2", "-1/3", "1/4", "5/2", "-7/4", "0"))),
    tuple(map(Fraction, (-60, -12, -7, 0, 3, 10, 30, 100))),
)
_ACTIONS = (2, 2, 3, 3, 4, 5)
_HORIZONS = (1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8)
_STATES = (1, 2, 2, 3, 3, 4)
_ODDS = (1, 1, 2, 3, 4, 5)
_PLAIN_ODDS = (1, 1, 1, 2)
_LOPSIDED_ODDS = (1, 2, 50)  # probabilities about 1/50; 1/2500 where a feature is 2
_LEAST_PROBABILITY = 1e-4  # of less, what sums to one leaves rounding of another size than the gradient
_FEATURES = (0, 1, 2, -1)
_ROUGH_FEATURES = (0.5, -1.5, 2.25, -0.25, 3, -2)
_FEW_BATCHES, _LARGE, _FEW_EPISODES = 80, 8, 5
_CHANCES = ((1, 1), (1, 2), (3, 1), (1, 19))
_OTHER_SIZES = (8, 16, 33, 64)  # there are rules for batches of 10, 32 or 50, say
_LARGEST_SIZE, _LONGEST, _MOST_ACTIONS = 128, 10, 6
_LEAST_REWARD, _LARGEST_REWARD = Fraction(1, 1000), 10_000


@final
@dataclass(frozen=True)
class Limits:
    """What may be drawn.

    Attributes:
        sizes: of batches, the one asked for first; each game has as many episodes as its batches can be enumerated of.
        told_sizes: those of them around numbers in the code of the loss.
        most_batches: that are enumerated.
        numbers: those in the code of the loss: rewards, sizes, horizons and numbers of actions are drawn from both
            sides of them.
        least_starts: how many there are at least.
        illegal: whether actions may be illegal.
        tables: whether policies may be tables.
        layers: whether they may be linear layers.
        plain: whether all probabilities have to be ratios of small whole numbers, so that batches can hold episodes as
            often as they are probable.
    """

    sizes: tuple[Batch, ...]
    told_sizes: tuple[Batch, ...]
    most_batches: int
    numbers: tuple[float, ...] = ()
    least_starts: int = 1
    illegal: bool = False
    tables: bool = True
    layers: bool = True
    plain: bool = False


def told_sizes(size: int, numbers: Sequence[float]) -> tuple[int, ...]:
    """Batch sizes above one that are around the numbers in the loss's code."""
    around = {int(number) + more for number in numbers if number == int(number) for more in (-1, 0, 1)}
    return tuple(sorted(one for one in around if size < one <= _LARGEST_SIZE))


def sizes_beyond(size: int, numbers: Sequence[float]) -> tuple[int, ...]:
    """These, and some others."""
    others = {size + 1, 2 * size, *(one for one in _OTHER_SIZES if one > size)}
    return tuple(sorted({*told_sizes(size, numbers), *others}))


def draw(seed: str, limits: Limits, *, few: bool = False) -> RoughGame:
    """One game, policy and batch size.

    Args:
        seed: the same one draws the same.
        limits: what may be drawn.
        few: whether few batches should be enumerated, because the loss is slow.
    """
    return _Draw(_Choices(seed), limits).game(few=few)


@final
class _Choices:
    """Choices from ``Random.random``, of which alone Python promises that it stays as it is."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def of(self, choices: Sequence[_T]) -> _T:
        return choices[int(self._random() * len(choices))]

    def one_in(self, number: int) -> bool:
        return self._random() * number < 1

    def shuffled(self, items: Sequence[_T]) -> list[_T]:
        left = list(items)
        return [left.pop(int(self._random() * len(left))) for _ in items]


@final
class _Draw:
    """Begins with a game in which every action ends the episode, and adds what still leaves few enough batches."""

    def __init__(self, choose: _Choices, limits: Limits) -> None:
        self._choose, self._limits = choose, limits
        self._rewards = self._some_rewards()
        self._most = limits.most_batches
        #: Large batches may have more episodes to choose from than can be enumerated: a loss that is a sum over
        #: episodes or pairs is judged by those.
        self._counted_as: int | None = None

    def game(self, *, few: bool) -> RoughGame:
        batch = self._size()
        large = isinstance(batch, int) and batch > _LARGE
        if large and self._choose.one_in(4):
            self._counted_as = 2
        if not large:
            most = self._limits.most_batches
            self._most = self._choose.of((_FEW_BATCHES, most // 3, most // 3 if few else most))
        game = self._grown(self._smallest(batch))
        if self._limits.illegal:
            game = self._with_illegal_actions(game)
        return self._with_policy(tidy(self._with_observations(game)))

    def _size(self) -> Batch:
        """The one asked for half the time; of the others, those that the loss's code speaks of more often."""
        asked, *others = self._limits.sizes
        if not others or self._choose.one_in(2):
            return asked
        told = self._limits.told_sizes
        return self._choose.of(others if not told or self._choose.one_in(3) else told)

    def _fits(self, game: RoughGame) -> bool:
        batch = game.batch if self._counted_as is None else self._counted_as
        return count_batches(episodes_by_start(game), batch) <= self._most

    def _smallest(self, batch: Batch) -> RoughGame:
        """Of one step. Where even that is too much it has fewer starts, and then fewer actions."""
        choose, least = self._choose, self._limits.least_starts
        whole = [int(n) + more for n in self._limits.numbers if n == int(n) for more in (1, 2)]
        wanted = [n for n in whole if 2 < n <= _MOST_ACTIONS]
        actions = choose.of(wanted) if wanted and choose.one_in(3) else choose.of(_ACTIONS)
        longer = [n for n in whole if 0 < n <= _LONGEST]
        horizon = choose.of(longer) if longer and choose.one_in(3) else choose.of(_HORIZONS)
        starts = max(least, choose.of((1, 1, 1, 2, 2, 3)))
        states = max(starts, choose.of(_STATES))
        if self._counted_as is None and count_batches((_FEW_EPISODES,), batch) > self._most and not choose.one_in(4):
            starts, actions, horizon = (
                least,
                2,
                choose.of((2, 2, 3)),
            )  # there is room for little more than a second step
        while True:
            rows = tuple(tuple((Outcome(END, self._reward()),) for _ in range(actions)) for _ in range(states))
            uniform = ((1,) * actions,) * states
            weighed = tuple((state, choose.of((1,) if self._limits.plain else (1, 1, 2, 3))) for state in range(starts))
            game = RoughGame(rows, tuple(range(states)), (), weighed, horizon, uniform, False, batch)
            if self._fits(game) or (starts <= least and actions <= 2):
                return game
            starts, actions = max(least, starts - 1), actions if starts > least else actions - 1

    def _grown(self, game: RoughGame) -> RoughGame:
        """With steps that lead on, and chance."""
        choose, states = self._choose, range(len(game.rows))
        for state, action in choose.shuffled([(s, a) for s in states for a in range(game.num_actions)]):
            if not choose.one_in(4):
                ((_, reward, weight),) = game.rows[state][action]
                game = self._if_it_fits(game, state, action, (Outcome(choose.of(states), reward, weight),))
        for state, action in choose.shuffled([(s, a) for s in states for a in range(game.num_actions)]):
            if choose.one_in(4):
                (outcome,) = game.rows[state][action]
                likely, unlikely = (1, 1) if self._limits.plain else choose.of(_CHANCES)
                other = Outcome(choose.of((END, *states)), self._reward(), unlikely)
                game = self._if_it_fits(game, state, action, (outcome._replace(weight=likely), other))
        return game

    def _if_it_fits(self, game: RoughGame, state: int, action: int, outcomes: tuple[Outcome, ...]) -> RoughGame:
        rows = [list(row) for row in game.rows]
        rows[state][action] = outcomes
        changed = replace(game, rows=tuple(map(tuple, rows)))
        return changed if self._fits(changed) else game

    def _with_observations(self, game: RoughGame) -> RoughGame:
        """One for each state; or fewer, so that it cannot be told where the episode is."""
        choose, states = self._choose, len(game.rows)
        count = choose.of(range(1, states + 1)) if choose.one_in(3) and not self._limits.illegal else states
        seen = tuple(state if state < count else choose.of(range(count)) for state in range(states))
        unit = tuple(tuple(int(one == other) for other in range(count)) for one in range(count))
        if choose.one_in(3):
            return replace(game, seen=seen, features=unit)
        values = (0, 1) if self._limits.plain else choose.of((_FEATURES, _ROUGH_FEATURES))
        width = choose.of(range(1, count + 2))
        features = tuple(tuple(choose.of(values) for _ in range(width)) for _ in range(count))
        apart = len(set(features)) == count
        return replace(game, seen=seen, features=features if apart else unit)

    def _with_policy(self, game: RoughGame) -> RoughGame:
        choose, limits = self._choose, self._limits
        is_layer = limits.layers and not (limits.tables and choose.one_in(3))
        count, width = len(game.features), game.num_actions
        if is_layer:
            count, width = game.num_actions, len(game.features[0]) + 1
        lopsided = choose.one_in(6) and not limits.plain
        usual = _PLAIN_ODDS if limits.plain else _ODDS
        for odds in (_LOPSIDED_ODDS, usual, (1, 2)) if lopsided else (usual, (1, 2)):
            drawn = tuple(tuple(choose.of(odds) for _ in range(width)) for _ in range(count))
            played = replace(game, is_layer=is_layer, odds=drawn)
            if least_probability(played) >= _LEAST_PROBABILITY:
                return played
        return replace(game, is_layer=is_layer, odds=((1,) * width,) * count)

    def _with_illegal_actions(self, game: RoughGame) -> RoughGame:
        rows = [list(row) for row in game.rows]
        for state, row in enumerate(rows):
            if not state or self._choose.one_in(2):
                row[self._choose.of(range(game.num_actions))] = ()
        return replace(game, rows=tuple(map(tuple, rows)))

    def _some_rewards(self) -> tuple[Fraction, ...]:
        """One of the sets, or numbers on both sides of one in the code."""
        numbers = [Fraction(number).limit_denominator(10_000) for number in self._limits.numbers]
        told = [n for n in numbers if _LEAST_REWARD <= abs(n) <= _LARGEST_REWARD and n not in (1, -1, 2)]
        if not told or self._choose.one_in(2):
            return self._choose.of(_REWARDS)
        number = self._choose.of(told)
        return number - 1, number - 1, number, number + 1, number + Fraction(1, 2), number * 2, -number, Fraction(0)

    def _reward(self) -> Fraction:
        return self._choose.of(self._rewards)
