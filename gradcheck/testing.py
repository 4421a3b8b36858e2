"""Tests for games of your own: ``conformance`` asks a game given as code whether it keeps what ``Game`` promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, final

from gradcheck.tree.errors import InvalidArgument, invalid, shown
from gradcheck.tree.validation.arguments import whole_number
from gradcheck.tree.validation.checked_game import CheckedGame
from gradcheck.tree.validation.outcomes import check_same_actions
from gradcheck.tree.validation.termination import refuse_cycle

if TYPE_CHECKING:
    from gradcheck.tree.game import Game
    from gradcheck.tree.game_tree import GameTree
    from gradcheck.tree.types import Number, Observation, Outcome, State

    _Starts: TypeAlias = tuple[tuple[Number, State], ...]

__all__ = ["PROMISES", "ConformanceError", "conformance"]

#: What a game promises, by the names that ``ConformanceError.promise`` has.
PROMISES: Mapping[str, str] = MappingProxyType(
    {
        "protocol": "A game has the methods of gradcheck.Game; its num_actions, horizon and discount are in range.",
        "starts": "The first states have probabilities that sum to 1.",
        "actions": "Every state allows an action; actions are listed once each, in increasing order, below "
        "num_actions.",
        "observations": "Observations are hashable and contain no NaN.",
        "same_actions": "States with equal observations allow equal actions.",
        "outcomes": "The outcomes of an action have probabilities that sum to 1 and finite rewards.",
        "same_answers": "Equal questions get equal answers: a game has no memory and draws no random numbers.",
        "states": "States do not change: what is asked about a state leaves its hash as it was.",
        "end": "A game without a horizon ends by itself: no state comes again.",
    }
)


@final
class ConformanceError(AssertionError):
    """A game that breaks a promise; the text says which, and how.

    Args:
        promise: a name in ``PROMISES``.
        detail: what the game answered.

    Attributes:
        promise: the same.
        detail: the same.
    """

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(promise, detail)  # which is what pickling and copying give back to this method
        self.promise = promise
        self.detail = detail

    def __str__(self) -> str:
        return f"{PROMISES[self.promise]} This game breaks the promise ({self.promise}). {self.detail}"


def conformance(game: Game | GameTree, *, max_states: int = 100_000, repeats: int = 3) -> None:
    """Test that a game given as code keeps its promises, which are listed in ``PROMISES``.

    Every state that can be met before the horizon is asked for its observation, its legal actions and the outcomes of
    each. Then everything is asked again, in another order, and of equal states that were reached in other ways.
    Only what is asked is examined: an answer that is drawn at random from two, at one question alone, stays unnoticed
    with probability 2^(1 - repeats).

    Args:
        game: an object with the methods of ``Game``. A tree stands for its game.
        max_states: refuse games with more states than this, rather than examine a part of them.
        repeats: how often every question is asked, at least 2.

    Raises:
        ConformanceError: (an ``AssertionError``) if the game breaks a promise; ``error.promise`` says which.
        InvalidArgument: if there are more than ``max_states`` states, or ``repeats`` is below 2.

    An exception that the game itself raises is left as it is.

    >>> from gradcheck import games
    >>> conformance(games.kuhn_poker())
    >>> class Coin:
    ...     num_actions, horizon, discount = 1, 1, 1
    ...
    ...     def starts(self):
    ...         return [(1, "toss")]
    ...
    ...     def legal_actions(self, state):
    ...         return [0]
    ...
    ...     def step(self, state, action):
    ...         return [("1/2", "heads", 1, True), ("1/3", "tails", 0, True)]
    ...
    ...     def observe(self, state):
    ...         return state
    >>> try:
    ...     conformance(Coin())
    ... except ConformanceError as error:
    ...     print(error.promise)
    outcomes
    """
    max_states, repeats = whole_number(max_states, "max_states"), whole_number(repeats, "repeats", least=2)
    ask = _Questioner(_game_of(game))
    starts = ask.starts()
    visited = _visit_states(ask, starts, max_states)
    _check_equal_actions(visited.values())
    if ask.sizes[1] is None:
        with _keeping("end"):
            refuse_cycle([state for _, state in starts], lambda state: _following(visited[state].answer))
    order = list(visited.values())
    for _ in range(repeats - 1):
        order.reverse()  # a game that remembers the last question has been asked another one before
        _ask_again(ask, starts, order)


@final
@dataclass(frozen=True)
class _Answer:
    """What a game says about a state: what the player sees, and each legal action with its outcomes."""

    seen: Observation
    actions: Mapping[int, tuple[Outcome, ...]]


@final
@dataclass
class _VisitedState:
    """A state as it was met first, its hash then, and what was said about it; and an equal one that was met last."""

    state: State
    hash: int
    answer: _Answer
    last: State

    def check_hash(self) -> None:
        if hash(self.state) != self.hash:
            raise ConformanceError("states", f"The hash of {shown(self.state)} has changed. Make states of tuples.")


@final
class _Questioner:
    """Asks a game; an answer that cannot be used is a broken promise."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._checked = self._read()
        self.sizes = _sizes(self._checked)

    def sizes_again(self) -> tuple[int, int | None, Number]:
        return _sizes(self._read())

    def starts(self) -> _Starts:
        with _keeping("starts"):
            return self._checked.starts()

    def about(self, state: State) -> _Answer:
        with _keeping("observations"):
            seen = self._checked.observe(state)
        return _Answer(seen, {action: self._outcomes(state, action) for action in self._actions(state)})

    def _read(self) -> CheckedGame:
        with _keeping("protocol"):
            return CheckedGame(self._game)

    def _actions(self, state: State) -> tuple[int, ...]:
        listed: Any = self._game.legal_actions(state)
        if isinstance(listed, Iterable) and not isinstance(listed, str):
            listed = list(listed)  # what can be read only once is read here
        with _keeping("actions"):
            actions = self._checked.read_actions(state, listed)
        if listed != list(actions):
            raise ConformanceError("actions", f"legal_actions({shown(state)}) is {shown(listed)}.")
        return actions

    def _outcomes(self, state: State, action: int) -> tuple[Outcome, ...]:
        with _keeping("outcomes"):
            return self._checked.step(state, action)


def _sizes(game: CheckedGame) -> tuple[int, int | None, Number]:
    return game.num_actions, game.horizon, game.discount


def _game_of(game: Game | GameTree) -> Game:
    from gradcheck.tree.game_tree import GameTree  # brings numpy; importing this module does not

    return game.game if isinstance(game, GameTree) else game


def _visit_states(ask: _Questioner, starts: _Starts, max_states: int) -> dict[State, _VisitedState]:
    """Ask about every state that can be met, those after fewer steps first."""
    _, horizon, _ = ask.sizes
    visited: dict[State, _VisitedState] = {}
    waiting = {state: state for _, state in starts}
    steps = 0
    while waiting and steps != horizon:
        following: dict[State, State] = {}
        for state, last in waiting.items():
            if len(visited) == max_states:
                hint = "Raise the limit, or test a smaller game of the same rules."
                if horizon is None:
                    hint = "It has no horizon, and may never end: give it one, or raise the limit."
                raise invalid("a game with no more states than that", "max_states", max_states, hint)
            before = hash(state)
            here = visited[state] = _VisitedState(state, before, ask.about(state), last)
            here.check_hash()
            for after in _following(here.answer):
                if after in visited:
                    visited[after].last = after
                elif after in waiting:
                    waiting[after] = after  # the key stays the object that was met first
                else:
                    following[after] = after
        waiting, steps = following, steps + 1
    return visited


def _following(answer: _Answer) -> list[State]:
    return [state for rows in answer.actions.values() for _, state, _, terminated in rows if not terminated]


def _check_equal_actions(visited: Iterable[_VisitedState]) -> None:
    first: dict[Observation, _VisitedState] = {}
    for here in visited:
        seen = here.answer.seen
        there = first.setdefault(seen, here)
        with _keeping("same_actions"):
            actions, others = tuple(here.answer.actions), tuple(there.answer.actions)
            check_same_actions(seen, f"observe({shown(here.state)})", actions, there.state, others)


def _ask_again(ask: _Questioner, starts: _Starts, order: list[_VisitedState]) -> None:
    for here in order:
        before, now, name = here.answer, ask.about(here.last), shown(here.state)
        here.check_hash()
        if now.seen != before.seen:
            _differ(f"observe({name})", before.seen, now.seen)
        if list(now.actions) != list(before.actions):
            _differ(f"legal_actions({name})", list(before.actions), list(now.actions))
        for action, rows in before.actions.items():
            again = now.actions[action]
            if again != rows and Counter(again) != Counter(rows):  # outcomes may come in any order
                _differ(f"step({name}, {action})", rows, again)
    starts_now, sizes_now = ask.starts(), ask.sizes_again()
    if Counter(starts_now) != Counter(starts):
        _differ("starts()", starts, starts_now)
    if sizes_now != ask.sizes:
        _differ("(num_actions, horizon, discount)", ask.sizes, sizes_now)


def _differ(question: str, before: object, now: object) -> NoReturn:
    raise ConformanceError("same_answers", f"{question} was {shown(before)}, and later {shown(now)}.")


@contextmanager
def _keeping(promise: str) -> Iterator[None]:
    """What cannot be read here breaks this promise."""
    try:
        yield
    except InvalidArgument as error:
        raise ConformanceError(promise, str(error)) from error
