"""What a finite game is: the protocol for games given as code, and the table for games given as data.

Everything is checked here, at the door; the rest of the project takes a game at its word.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, final, runtime_checkable

from tree.errors import invalid, shown
from tree.rationals import Number, NumberLike, number, probabilities

State: TypeAlias = Hashable
Observation: TypeAlias = Hashable
#: One thing that can happen after an action: (probability, next state, reward, terminated).
Outcome: TypeAlias = "tuple[Number, State, Number, bool]"

_OUTCOME = "(probability, next_state, reward, terminated)"
_FEW = 5  # values named in a hint
_MAX_ACTIONS = 1_000_000  # tables have a column for every number up to the largest


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
        raise invalid("a table {state: {action: outcomes}} with at least one state", "P", P)
    table: dict[State, Mapping[int, tuple[Outcome, ...]]] = {}
    for state, row in P.items():
        name = f"P[{shown(state)}]"
        if not isinstance(row, Mapping) or not row:
            hint = "A state where episodes only ever end needs no row." if isinstance(row, Mapping) else ""
            raise invalid("a table {action: outcomes} with at least one action", name, row, hint)
        actions = {action_number(action, f"an action of {name}"): row[action] for action in row}
        table[state] = MappingProxyType({a: _outcomes(actions[a], f"{name}[{a}]", P) for a in sorted(actions)})
    return MappingProxyType(table)


def action_number(value: object, name: str) -> int:
    """Read the number of an action.

    Raises:
        InvalidArgument: if it is not one of 0, 1, 2, …
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise invalid("an action numbered 0, 1, 2, …", name, value)
    if int(value) >= _MAX_ACTIONS:
        hint = "Actions are columns of a table: number them without gaps."
        raise invalid(f"an action below {_MAX_ACTIONS:,}", name, value, hint)
    return int(value)


def _outcomes(value: object, name: str, P: Mapping[object, object]) -> tuple[Outcome, ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise invalid(f"a list of outcomes {_OUTCOME}", name, value)
    rows = list(value)
    if not rows:
        raise invalid(f"at least one outcome {_OUTCOME}", name, value, "Leave an action out where it is illegal.")
    for i, row in enumerate(rows):
        if not isinstance(row, tuple | list) or len(row) != 4:
            raise invalid(f"an outcome {_OUTCOME}", f"{name}[{i}]", row)
    names = [f"the probability in {name}[{i}]" for i in range(len(rows))]
    chances = probabilities([row[0] for row in rows], f"the probabilities in {name}", each=names)
    outcomes: list[Outcome] = []
    for i, (chance, (_, next_state, reward, terminated)) in enumerate(zip(chances, rows, strict=True)):
        if getattr(terminated, "ndim", 0) or terminated not in (True, False):  # arrays cannot be compared
            raise invalid("True or False", f"terminated in {name}[{i}]", terminated)
        if not _is_value(next_state):
            hint = "Use a tuple, of such values all through."
            raise invalid("a hashable state", f"next_state in {name}[{i}]", next_state, hint)
        if not terminated and next_state not in P:
            hint = "It is not in P; add it, or mark the outcome as terminated."
            raise invalid("a known state", f"next_state in {name}[{i}]", next_state, hint)
        outcomes.append((chance, next_state, number(reward, f"the reward in {name}[{i}]"), bool(terminated)))
    return tuple(outcomes)


def _start(start: object, table: Mapping[State, object]) -> Mapping[State, Number]:
    if not isinstance(start, Mapping) and not _is_value(start):
        raise invalid("a state, or a table {state: probability}", "start", start)
    chance_of = start if isinstance(start, Mapping) else {start: 1}
    if not chance_of:
        raise invalid("a table {state: probability} with at least one state", "start", start)
    for state in chance_of:
        if state not in table:
            raise invalid("a start among the states of P", "start", state, f"They are {some(table)}.")
    names = [f"start[{shown(state)}]" for state in chance_of]
    chances = probabilities(list(chance_of.values()), "start", each=names, given=start)
    return MappingProxyType(dict(zip(chance_of, chances, strict=True)))


def _horizon(horizon: object) -> int | None:
    if horizon is None:
        return None
    if isinstance(horizon, bool) or not isinstance(horizon, Integral) or horizon < 1:
        hint = "Or None, where no state can come again and every episode ends by itself."
        raise invalid("a whole number of steps, 1 or more", "horizon", horizon, hint)
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
            hint = f"The states of P are {some(table)}."
            raise invalid("observations of states of P only", "a state in observations", state, hint)
    legal: dict[Observation, tuple[State, tuple[int, ...]]] = {}
    for state, row in table.items():
        if state not in observations:
            hint = f"The state {shown(state)} is missing."
            raise invalid("an observation for every state of P", "observations", observations, hint)
        seen = observations[state]
        name = f"observations[{shown(state)}]"
        if not _is_value(seen):
            hint = "Use a tuple, of such values all through; .tolist() makes a list of an array or tensor."
            raise invalid("a hashable observation", name, seen, hint)
        if _has_nan(seen):
            hint = "NaN does not equal itself, so no policy could have a row for it."
            raise invalid("an observation without NaN", name, seen, hint)
        other, actions = legal.setdefault(seen, (state, tuple(row)))
        if actions != tuple(row):
            hint = (
                f"The state {shown(other)} looks the same to the player but allows {_listed(actions)}, where this one "
                f"allows {_listed(row)}. Give both the same actions, or observations that tell them apart."
            )
            raise invalid("equal legal actions where observations are equal", name, seen, hint)
    return MappingProxyType({state: observations[state] for state in table})


def _is_value(value: object) -> bool:
    """Whether it can be a state or an observation: hashable, and equal to another that looks the same."""
    if isinstance(value, tuple):
        return all(map(_is_value, value))
    try:
        hash(value)
    except Exception:  # whatever a class of the user's raises
        return False
    return not hasattr(value, "detach")  # a torch tensor is hashable, but by its identity


def _has_nan(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_nan, value))
    return isinstance(value, Real | Decimal) and value != value  # noqa: PLR0124 - so is NaN defined


def some(values: Iterable[object]) -> str:
    """The first few of many values, for a hint."""
    first = [shown(value) for value in islice(values, _FEW + 1)]
    return ", ".join(first[:_FEW]) + (", …" if len(first) > _FEW else "")


def _listed(actions: Iterable[int]) -> str:
    return ", ".join(map(str, actions))


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
            hint = f"The state {shown(state)} can come again, so an episode may never end: say after how many steps."
            raise invalid("a horizon for a game with a cycle", "horizon", None, hint)
        elif state not in done:
            open_states.add(state)
            stack.append((state, True))
            for outcomes in table[state].values():
                following = {s for _, s, _, terminated in outcomes if not terminated}
                stack.extend((s, False) for s in following)
