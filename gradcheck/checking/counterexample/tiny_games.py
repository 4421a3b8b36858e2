"""Small games in a few numbers: what a search for a counterexample goes through, from the simplest on.

A sketch is a game of one or two states with a policy and a batch size. Its size is about the number of coin tosses that
it takes where every number is drawn in unary, a toss for each unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import NamedTuple, TypeAlias, final

from gradcheck.tree.game import TabularGame
from gradcheck.tree.types import Number

#: ``{observation: probabilities}``
Policy: TypeAlias = dict[tuple[int, ...], tuple[Fraction, ...]]

END, OTHER, SAME = 0, 1, 2
REWARDS = (0, 1, -1, 2, 3)  # the simplest first


class Move(NamedTuple):
    """Where an action leads, and its reward; with ``bad_luck``, half the time that reward instead, and the end."""

    to: int
    reward: int
    bad_luck: int | None = None


@final
@dataclass(frozen=True)
class Sketch:
    """One row of moves for each state, with the odds of the policy; ``batch`` counts within the sizes to try."""

    rows: tuple[tuple[Move, ...], ...]
    odds: tuple[tuple[int, ...], ...]
    horizon: int
    two_starts: bool = False
    batch: int = 0


def size(sketch: Sketch) -> tuple[int, ...]:
    """About how many coin tosses it takes; then whatever makes one of two sketches of equal size the first."""
    moves = [move for row in sketch.rows for move in row]
    rewards = [REWARDS.index(reward) for move in moves for reward in move[1:] if reward is not None]
    targets = [min(move.to, len(sketch.rows)) for move in moves]
    odds = [number - 1 for row in sketch.odds for number in row]
    others = [sketch.batch, int(sketch.two_starts), sketch.horizon - 1]
    tosses = sum(rewards) + sum(targets) + sum(odds) + sum(others) + 2 * len(moves) + len(rewards)
    return tosses, max(map(len, sketch.rows)), *others, *targets, *rewards, *odds


def simpler(sketch: Sketch) -> Iterator[Sketch]:
    """What is left after one simplification, and what an action of another number would be."""
    yield from (replace(sketch, batch=batch) for batch in range(sketch.batch))
    yield from (replace(sketch, horizon=horizon) for horizon in range(1, sketch.horizon))
    if len(sketch.rows) == 2:
        alone = tuple(move._replace(to=min(move.to, 1) * SAME) for move in sketch.rows[0])
        yield Sketch((alone,), sketch.odds[:1], sketch.horizon, False, sketch.batch)
        yield replace(sketch, two_starts=False)
    for state, (row, odds) in enumerate(zip(sketch.rows, sketch.odds, strict=True)):
        for action, move in enumerate(row):
            if len(row) > 1:
                yield _with(sketch, state, row[:action] + row[action + 1 :], odds[:action] + odds[action + 1 :])
            for other in _simpler_moves(move):
                yield _with(sketch, state, (*row[:action], other, *row[action + 1 :]), odds)
            for number in range(1, odds[action]):
                yield _with(sketch, state, row, (*odds[:action], number, *odds[action + 1 :]))
        pairs = sorted(zip(row, odds, strict=True), key=lambda pair: (pair[0].to, REWARDS.index(pair[0].reward)))
        yield _with(sketch, state, tuple(move for move, _ in pairs), tuple(number for _, number in pairs))


def _simpler_moves(move: Move) -> Iterator[Move]:
    if move.bad_luck is not None:
        yield Move(move.to, move.reward)
        yield Move(END, move.bad_luck)
        yield from (move._replace(bad_luck=reward) for reward in REWARDS[: REWARDS.index(move.bad_luck)])
    yield from (move._replace(to=to) for to in range(move.to))
    yield from (move._replace(reward=reward) for reward in REWARDS[: REWARDS.index(move.reward)])


def _with(sketch: Sketch, state: int, row: tuple[Move, ...], odds: tuple[int, ...]) -> Sketch:
    rows, every = list(sketch.rows), list(sketch.odds)
    rows[state], every[state] = row, odds
    return replace(sketch, rows=tuple(rows), odds=tuple(every))


def tidy(sketch: Sketch) -> Sketch:
    """The same in its simplest form, without what no episode meets."""
    levels = [{0, 1} if sketch.two_starts else {0}]
    while len(levels) < sketch.horizon:
        following = {_next(state, move) for state in levels[-1] for move in sketch.rows[state] if move.to != END}
        if not following:
            break
        levels.append(following)
    odds = tuple(tuple(number // gcd(*row) for number in row) for row in sketch.odds)
    sketch = replace(sketch, horizon=len(levels), odds=odds)
    if len(levels) == 1:
        sketch = replace(sketch, rows=tuple(tuple(m._replace(to=END) for m in row) for row in sketch.rows))
    if len(sketch.rows) == 2 and 1 not in set().union(*levels):
        sketch = replace(sketch, rows=sketch.rows[:1], odds=sketch.odds[:1])
    return sketch


def num_episodes(sketch: Sketch) -> int:
    """How many different episodes the game has."""
    counts = [1] * len(sketch.rows)  # from each state on, with no step left
    for _ in range(sketch.horizon):
        each = [[1 if m.to == END else counts[_next(n, m)] for m in row] for n, row in enumerate(sketch.rows)]
        luck = [sum(move.bad_luck is not None for move in row) for row in sketch.rows]
        counts = [sum(row) + more for row, more in zip(each, luck, strict=True)]
    return sum(counts) if sketch.two_starts else counts[0]


def _next(state: int, move: Move) -> int:
    return state if move.to == SAME else 1 - state


def game_of(sketch: Sketch, discount: Number) -> TabularGame:
    """The game, whose states are unit vectors."""
    states = _states(sketch)

    def outcomes(state: int, move: Move) -> list[tuple[Fraction, object, int, bool]]:
        to = "end" if move.to == END else states[_next(state, move)]
        if move.bad_luck is None:
            return [(Fraction(1), to, move.reward, move.to == END)]
        half = Fraction(1, 2)
        return [(half, to, move.reward, move.to == END), (half, "end", move.bad_luck, True)]

    table = {
        states[state]: {action: outcomes(state, move) for action, move in enumerate(row)}
        for state, row in enumerate(sketch.rows)
    }
    start = dict.fromkeys(states, Fraction(1, 2)) if sketch.two_starts else states[0]
    return TabularGame(table, start, sketch.horizon, discount=discount)


def policy_of(sketch: Sketch) -> Policy:
    """The policy, with a number for each action, 0 where it is illegal."""
    width = max(map(len, sketch.odds))
    rows = ((*row, *[0] * (width - len(row))) for row in sketch.odds)
    return {
        state: tuple(Fraction(odds, sum(row)) for odds in row) for state, row in zip(_states(sketch), rows, strict=True)
    }


def _states(sketch: Sketch) -> list[tuple[int, ...]]:
    count = len(sketch.rows)
    return [tuple(int(one == other) for other in range(count)) for one in range(count)]
