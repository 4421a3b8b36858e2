"""What a finite game is: the protocol for games given as code, and the table for games given as data.

A table is checked completely when it is made; what code answers is checked while the game is explored.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, final, runtime_checkable

from gradcheck.tree.types import Number, NumberLike, Observation, Outcome, State
from gradcheck.tree.validation.arguments import discount_of, horizon_of
from gradcheck.tree.validation.table import read_observations, read_start, read_transitions
from gradcheck.tree.validation.termination import refuse_cycle


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
        """What a reward counts one step later, as a part of what it counts now: between 0 and 1."""
        ...

    def starts(self) -> Iterable[tuple[Any, Any]]:
        """The first states with their probabilities."""
        ...

    # Any, and no name: a game may have a type of its own for its states, and call the argument what it likes.

    def legal_actions(self, state: Any, /) -> Sequence[int]:
        """The actions that can be taken in the state, in increasing order."""
        ...

    def step(self, state: Any, action: int, /) -> Iterable[tuple[Any, Any, Any, bool]]:
        """What can happen after the action, as (probability, next state, reward, terminated)."""
        ...

    def observe(self, state: Any, /) -> Observation:
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
        table = read_transitions(P)
        put = object.__setattr__  # the dataclass is frozen once this method returns
        put(self, "P", table)
        put(self, "start", read_start(start, table))
        put(self, "horizon", horizon_of(horizon))
        put(self, "observations", read_observations(observations, table))
        put(self, "discount", discount_of(discount))
        put(self, "num_actions", 1 + max(action for row in table.values() for action in row))
        if horizon is None:
            refuse_cycle(self.start, lambda state: _following(table[state]))

    def __hash__(self) -> int:
        return hash((frozenset(self.P), self.horizon))

    def __reduce__(self) -> tuple[object, ...]:
        # Read-only views cannot be pickled; copies are made by the constructor, from the same table.
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


def _following(row: Mapping[int, tuple[Outcome, ...]]) -> set[State]:
    return {state for outcomes in row.values() for _, state, _, terminated in outcomes if not terminated}
