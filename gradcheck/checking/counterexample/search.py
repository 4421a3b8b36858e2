"""The smallest game on which a loss fails: a ladder of simple ones, and then what Hypothesis finds and shrinks.

Every number of a game is drawn in unary, a coin toss for each unit, so that whatever is simpler takes fewer tosses:
small games come up most, Hypothesis shrinks to the fewest tosses, and the ladder stands in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from math import comb
from random import Random
from typing import TYPE_CHECKING, TypeAlias, final

from gradcheck.checking.counterexample.tiny_games import (
    END,
    OTHER,
    REWARDS,
    SAME,
    Move,
    Policy,
    Sketch,
    game_of,
    num_episodes,
    policy_of,
    simpler,
    size,
    tidy,
)
from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.types import Number, NumberLike
from gradcheck.tree.user_code import user_code
from gradcheck.tree.validation.arguments import discount_of
from gradcheck.tree.values.policy_table import PolicyTable

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: (game, policy table, batch) → whether the loss fails there.
Fails: TypeAlias = Callable[[TabularGame, PolicyTable, int], bool]

_MOST_BATCHES = 50  # different ones, all of which ``fails`` enumerates; the games that matter have fewer


@final
@dataclass(frozen=True)
class Found:
    """A small game, policy and batch on which a loss fails.

    Attributes:
        game: of one or two states; its observations are unit vectors, so that a linear layer without a bias can play
            any policy.
        policy: ``{observation: probabilities}``, a Fraction for each action, 0 where it is illegal.
        batch: N.
        calls: how many games, policies and batches were tried.
    """

    game: TabularGame
    policy: Policy
    batch: int
    calls: int


def find_counterexample(
    fails: Fails,
    *,
    seed: int,
    max_examples: int = 250,
    batches: Sequence[int] = (1, 2, 3),
    discount: NumberLike = 1,
) -> Found | None:
    """Search for the smallest game, policy and batch on which a loss fails; None if there is none among those tried.

    A ladder of the simplest games is climbed first. Only where the loss fails on no rung does Hypothesis draw others;
    where it is not installed, and inside a test of its own, the ladder is all there is.

    Args:
        fails: asked once about each game, policy and batch; it gets games without any reward, too, whose true gradient
            is zero.
        seed: the same seed finds the same game.
        max_examples: how often ``fails`` is asked at most: half of it on the ladder, and the last fifth to simplify, a
            change at a time, what Hypothesis has shrunk.
        batches: the sizes to try, the simplest first. Where there would be more than 50 different batches of the
            episodes of a game, ``fails`` is not asked.
        discount: of every game.

    Raises:
        InvalidArgument: if there is nothing to try, or the discount is not between 0 and 1.

    >>> found = find_counterexample(lambda game, policy, batch: game.num_actions > 2, seed=0)
    >>> [int(reward) for ((_, _, reward, _),) in found.game.P[(1,)].values()], found.batch
    ([0, 1, -1], 1)
    """
    for name, value in {"max_examples": max_examples, "batch": min(batches, default=0)}.items():
        if value < 1:
            raise invalid("a whole number, 1 or more", name, value)
    search = _Search(fails, tuple(batches), discount_of(discount))
    with search.at_most(max(1, max_examples // 2)):
        for rung in sorted(_ladder(len(batches)), key=size):
            if search.fails_on(rung):
                return search.found()
    if _can_draw():
        with search.at_most(max_examples - max_examples // 5):
            _draw_and_shrink(search, _drawn(len(batches)), seed)
        with search.at_most(max_examples):
            search.simplify()
    return search.found()


@final
class _Enough(BaseException):  # Hypothesis would take an Exception for a failure to be shrunk
    """The search is over."""


@final
class _Search:
    """Asks about sketches, each once, and keeps the smallest on which the loss fails."""

    def __init__(self, fails: Fails, batches: tuple[int, ...], discount: Number) -> None:
        self._fails, self._batches, self._discount = fails, batches, discount
        self._most = 0
        self._answers: dict[Sketch, bool] = {}
        self._best: Sketch | None = None

    @contextmanager
    def at_most(self, most: int) -> Iterator[None]:
        """Inside, ask no more than this many questions in all."""
        self._most = most
        try:
            yield
        except _Enough as enough:
            if isinstance(enough.__cause__, Exception):  # the error of ``fails``, as it was
                raise enough.__cause__ from None

    def fails_on(self, sketch: Sketch) -> bool:
        sketch = tidy(sketch)
        batch = self._batches[sketch.batch]
        if comb(num_episodes(sketch) + batch - 1, batch) > _MOST_BATCHES:
            return False
        if sketch not in self._answers:
            if len(self._answers) >= self._most:
                raise _Enough
            with user_code(lambda _: _Enough()):
                self._answers[sketch] = bool(self._fails(game_of(sketch, self._discount), policy_of(sketch), batch))
            if self._answers[sketch] and (self._best is None or size(sketch) < size(self._best)):
                self._best = sketch
        return self._answers[sketch]

    def simplify(self) -> None:
        """Change one thing at a time, until nothing that is left makes it simpler."""
        before = None
        while self._best is not None and self._best != before:
            before = self._best
            for sketch in sorted({tidy(one) for one in simpler(before)}, key=size):
                if size(sketch) < size(before) and self.fails_on(sketch):
                    break

    def found(self) -> Found | None:
        if self._best is None:
            return None
        batch = self._batches[self._best.batch]
        return Found(game_of(self._best, self._discount), policy_of(self._best), batch, len(self._answers))


def _can_draw() -> bool:
    if find_spec("hypothesis") is None:
        return False
    from hypothesis import currently_in_test_context

    return not currently_in_test_context()  # there, Hypothesis refuses to begin another test


def _draw_and_shrink(search: _Search, sketches: SearchStrategy[Sketch], seed: int) -> None:
    from hypothesis import Phase, Verbosity, find, settings
    from hypothesis.errors import NoSuchExample

    quietly = settings(
        max_examples=1_000,  # repeated sketches count here, and cost nothing
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        backend="hypothesis",
    )
    with suppress(NoSuchExample):
        find(sketches, search.fails_on, settings=quietly, random=Random(seed))


def _drawn(batches: int) -> SearchStrategy[Sketch]:
    """Sketches of any kind, from coin tosses alone.

    (For integers, Hypothesis would read the user's modules, to draw the constants in them as well.)
    """
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: st.DrawFn) -> Sketch:
        def count(most: int) -> int:
            number = 0
            while number < most and draw(st.booleans()):
                number += 1
            return number

        def reward() -> int:
            return REWARDS[count(len(REWARDS) - 1)]

        def move(states: int) -> Move:
            to = count(states)
            return Move(SAME if states == 1 and to else to, reward(), reward() if count(1) else None)

        states, batch = 1 + count(1), count(batches - 1)
        two_starts = bool(states == 2 and count(1))
        horizon = (1, 2, 3, 2)[2 * count(1) + count(1)]  # bandits, which are few, must not come up half the time
        widths = [2 + count(1), 1 + count(2)][:states]  # what follows on a choice may be forced
        rows = tuple(tuple(move(states) for _ in range(width)) for width in widths)
        odds = tuple(tuple(1 + count(2) for _ in row) for row in rows)
        return Sketch(rows, odds, horizon, two_starts, batch)

    return drawn()


def _ladder(batches: int) -> Iterator[Sketch]:
    def ends(*rewards: int) -> tuple[Move, ...]:
        return tuple(Move(END, reward) for reward in rewards)

    def on(reward: int, to: int = OTHER) -> Move:
        return Move(to, reward)

    stop, win = ends(0, 1)
    shapes = [
        *((row,) for row in (ends(0, 0), ends(0, 1), ends(0, 1, 2), ends(0, 1, 3), ends(0, 1, -1))),
        ((stop, on(0)), (win,)),
        ((win, on(0)), (win,)),
        *(((first, on(reward)), ends(0, 1)) for first in (stop, win) for reward in (0, 1)),
        *(((on(0), on(reward)), ends(0, 1)) for reward in (0, 1)),
        ((on(0), on(1)), ends(1, 3)),
        ((win, on(0, SAME)),),
        ((stop, win, on(0, SAME)),),
        ((stop, Move(END, 0, bad_luck=1)),),
        ((win, Move(END, 0, bad_luck=3)),),
        ((win, Move(OTHER, 0, bad_luck=1)), ends(0, 1)),
        (ends(0, 1), ends(0, 1)),
        (ends(0, 1), ends(0, 1, 2)),
    ]
    for rows in shapes:
        lasts = any(move.to for move in rows[0])
        apart = len(rows) == 2 and not lasts
        uniform = tuple((1,) * len(row) for row in rows)
        uneven = tuple((2, *[1] * (len(row) - 1)) for row in rows)
        # Few mistakes show only in a third size, or need both an uneven policy and a second one.
        sizes = range(batches if len(rows) == 1 else min(batches, 2))
        for odds, batch in [*((uniform, batch) for batch in sizes), (uneven, 0)]:
            yield Sketch(rows, odds, 2 if lasts else 1, apart, batch)
            if rows[0][-1].to == SAME:
                yield Sketch(rows, odds, 3, apart, batch)
