"""What a finite game is: the protocol for games given as code, and the table for games given as data.

Everything is checked here, at the door; the rest of the project takes a game at its word.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, final, runtime_checkable

from tree.errors import invalid
from tree.rationals import Number, NumberLike, number, probabilities

State: TypeAlias = Hashable
Observation: TypeAlias = Hashable
#: One thing that can happen after an action: (probability, next state, reward, terminated).
Outcome: TypeAlias = "tuple[Number, State, Number, bool]"


@runtime_checkable
class Game(Protocol):
    """A finite game for one learning player, given as code.

    A game is played in steps: the player sees ``observe(state)``, takes a legal action, and chance picks one
    outcome. States with equal observations are one information set: the player acts alike in them. The
    episode ends at a terminated outcome, or after ``horizon`` steps.
    """

    @property
    def num_actions(self) -> int:
        """How many actions there are in all; actions are the numbers 0 … num_actions - 1."""
        ...

    @property
    def horizon(self) -> int | None:
        """The number of steps after which every episode ends; None only where every path ends by itself."""
        ...

    @property
    def discount(self) -> Number:
        """The factor between the worth of a reward and of the same reward one step later."""
        ...

    def starts(self) -> Iterable[tuple[Number, State]]:
        """The first states with their probabilities."""
        ...

    def legal_actions(self, state: State) -> Sequence[int]:
        """The actions that can be taken in the state, in increasing order."""
        ...

    def step(self, state: State, action: int) -> Iterable[Outcome]:
        """What can happen after the action, as (probability, next state, reward, terminated)."""
        ...

    def observe(self, state: State) -> Observation:
        """What the player sees: a tuple of numbers, or anything hashable."""
        ...


@final
@dataclass(frozen=True, init=False)
class TabularGame:
    """A finite game as a table, in the layout of Gymnasium's toy-text environments.

    Args:
        P: ``P[state][action] = [(probability, next_state, reward, terminated), …]``. An action that is missing
            in ``P[state]`` is illegal there. Numbers may be int, Fraction, Decimal, float or "1/10".
        start: the first state, or ``{state: probability}``.
        horizon: the number of steps after which every episode ends. None is allowed where no state can come
            again, so that every episode ends by itself.
        observations: ``observations[state]``, a tuple of numbers or anything hashable; by default the state
            itself. States with equal observations are one information set.
        discount: between 0 and 1.

    Raises:
        InvalidArgument: for probabilities that are no distribution, unknown states, rewards that are not finite
            numbers, states without an action, a cycle without a horizon, and the like.

    >>> coin = TabularGame({"toss": {0: [("1/2", "end", 1, True), ("1/2", "end", 0, True)]}}, "toss", 1)
    >>> coin.step("toss", 0)[0]
    (Fraction(1, 2), 'end', Fraction(1, 1), True)
    """

    P: Mapping[State, Mapping[int, tuple[Outcome, ...]]] = field(repr=False)
    start: Mapping[State, Number]
    horizon: int | None
    observations: Mapping[State, Observation] = field(repr=False)
    discount: Number
    num_actions: int

    def __init__(
        self,
        P: Mapping[Any, Mapping[int, Iterable[tuple[NumberLike, Any, NumberLike, bool]]]],
        start: Any,
        horizon: int | None,
        observations: Mapping[Any, Hashable] | None = None,
        discount: NumberLike = 1,
    ) -> None:
        table = _table(P)
        put = object.__setattr__  # the dataclass is frozen once this method returns
        put(self, "P", table)
        put(self, "start", _start(start, table))
        put(self, "horizon", _horizon(horizon))
        put(self, "observations", _observations(observations, table))
        put(self, "discount", _discount(discount))
        put(self, "num_actions", 1 + max(action for row in table.values() for action in row))
        if horizon is None:
            _refuse_cycle(table, self.start)

    def __hash__(self) -> int:
        return hash((frozenset(self.P), self.horizon))

    def __reduce__(self) -> tuple[object, ...]:
        # Read-only views do not pickle; workers and deep copies get the same table through the constructor.
        table = {state: dict(row) for state, row in self.P.items()}
        return TabularGame, (table, dict(self.start), self.horizon, dict(self.observations), self.discount)

    def starts(self) -> tuple[tuple[Number, State], ...]:
        """The first states with their probabilities."""
        return tuple((probability, state) for state, probability in self.start.items())

    def legal_actions(self, state: State) -> tuple[int, ...]:
        """The actions that can be taken in the state, in increasing order."""
        return tuple(self.P[state])

    def step(self, state: State, action: int) -> tuple[Outcome, ...]:
        """What can happen after the action, as (probability, next state, reward, terminated)."""
        return self.P[state][action]

    def observe(self, state: State) -> Observation:
        """What the player sees in the state."""
        return self.observations[state]


def _table(P: object) -> Mapping[State, Mapping[int, tuple[Outcome, ...]]]:
    if not isinstance(P, Mapping) or not P:
        raise invalid("a table P[state][action] with at least one state", "P", P)
    table: dict[State, Mapping[int, tuple[Outcome, ...]]] = {}
    for state, row in P.items():
        if not isinstance(row, Mapping) or not row:
            raise invalid("at least one action in every state", f"P[{state!r}]", row)
        actions = sorted(_action(action, f"an action of P[{state!r}]") for action in row)
        table[state] = MappingProxyType(
            {action: _outcomes(row[action], f"P[{state!r}][{action}]", P) for action in actions}
        )
    return MappingProxyType(table)


def _action(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise invalid("actions numbered 0, 1, 2, …", name, value)
    return int(value)


def _outcomes(value: object, name: str, P: Mapping[object, object]) -> tuple[Outcome, ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise invalid("a list of (probability, next_state, reward, terminated)", name, value)
    rows = list(value)
    for i, row in enumerate(rows):
        if not isinstance(row, tuple | list) or len(row) != 4:
            raise invalid("an outcome (probability, next_state, reward, terminated)", f"{name}[{i}]", row)
    chances = probabilities([row[0] for row in rows], f"the probabilities of {name}")
    outcomes: list[Outcome] = []
    for i, (chance, (_, next_state, reward, terminated)) in enumerate(zip(chances, rows, strict=True)):
        if terminated not in (True, False):
            raise invalid("True or False", f"terminated in {name}[{i}]", terminated)
        if not isinstance(next_state, Hashable):
            raise invalid("a hashable state", f"next_state in {name}[{i}]", next_state, "Use a tuple.")
        if not terminated and next_state not in P:
            hint = "It is not in P; add it, or mark the outcome as terminated."
            raise invalid("a known state", f"next_state in {name}[{i}]", next_state, hint)
        outcomes.append((chance, next_state, number(reward, f"reward in {name}[{i}]"), bool(terminated)))
    return tuple(outcomes)


def _start(start: object, table: Mapping[State, object]) -> Mapping[State, Number]:
    if not isinstance(start, Mapping):
        start = {start: 1} if isinstance(start, Hashable) else None
    if not start:
        raise invalid("a state, or a table {state: probability}", "start", start)
    for state in start:
        if state not in table:
            raise invalid("a start among the states of P", "start", state)
    chances = probabilities(list(start.values()), "start")
    return MappingProxyType(dict(zip(start, chances, strict=True)))


def _horizon(horizon: object) -> int | None:
    if horizon is None:
        return None
    if isinstance(horizon, bool) or not isinstance(horizon, Integral) or horizon < 1:
        raise invalid("a number of steps, 1 or more", "horizon", horizon)
    return int(horizon)


def _discount(discount: object) -> Number:
    factor = number(discount, "discount")
    if not 0 <= factor <= 1:
        raise invalid("a discount between 0 and 1", "discount", discount)
    return factor


def _observations(observations: object, table: Mapping[State, Mapping[int, object]]) -> Mapping[State, Observation]:
    if observations is None:
        observations = {state: state for state in table}
    if not isinstance(observations, Mapping):
        raise invalid("a table {state: observation}", "observations", observations)
    for state in observations:
        if state not in table:
            raise invalid("an observation of a state of P", "observations", state, "P has no such state.")
    legal: dict[Observation, tuple[State, tuple[int, ...]]] = {}
    for state, row in table.items():
        if state not in observations:
            raise invalid("an observation for every state", "observations", observations, f"{state!r} is missing.")
        seen = observations[state]
        name = f"observations[{state!r}]"
        if not isinstance(seen, Hashable):
            raise invalid("a hashable observation", name, seen, "Use a tuple.")
        if any(isinstance(part, float) and math.isnan(part) for part in (seen if isinstance(seen, tuple) else (seen,))):
            raise invalid("an observation without NaN, which does not equal itself", name, seen)
        other, actions = legal.setdefault(seen, (state, tuple(row)))
        if actions != tuple(row):
            hint = f"{other!r} looks the same to the player, but allows the actions {actions} and not {tuple(row)}."
            raise invalid("equal legal actions where observations are equal", name, seen, hint)
    return MappingProxyType({state: observations[state] for state in table})


def _refuse_cycle(table: Mapping[State, Mapping[int, tuple[Outcome, ...]]], start: Iterable[State]) -> None:
    """Depth-first search for a state that can come again; without recursion, so that long games are fine."""
    done: set[State] = set()
    open_states: set[State] = set()
    stack: list[tuple[State, bool]] = [(state, False) for state in start]
    while stack:
        state, leaving = stack.pop()
        if leaving:
            open_states.discard(state)
            done.add(state)
        elif state in open_states:
            hint = f"The state {state!r} can come again, so an episode may never end; say after how many steps it does."
            raise invalid("a horizon for a game with a cycle", "horizon", None, hint)
        elif state not in done:
            open_states.add(state)
            stack.append((state, True))
            for outcomes in table[state].values():
                following = {s for _, s, _, terminated in outcomes if not terminated}
                stack.extend((s, False) for s in following)
