"""A table of Gymnasium → game: floats become the fractions they stand for, unreachable states are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias, final

from gradcheck.tree.game import TabularGame
from gradcheck.tree.sources.float_to_fraction import recognise_distribution, recognise_fraction
from gradcheck.tree.types import Number, NumberLike, Outcome, State
from gradcheck.tree.validation.table import read_start, read_transitions

_Row: TypeAlias = "tuple[State, int] | str"


@final
@dataclass(frozen=True)
class GymnasiumTable:
    """What became of an environment's table.

    Attributes:
        game: the game.
        snapped: the floats of the table that differ from the fractions they stand for, with these fractions.
        left_as_floats: the rows of probabilities, as ``(state, action)``, in which no fractions with sum 1 were
            recognised; ``"start"`` stands for the first states. Where there are any, results are float64.
        unreachable: the states of the table that no episode can meet; they are not in the game.
    """

    game: TabularGame
    snapped: Mapping[float, Fraction] = field(default_factory=lambda: MappingProxyType({}))
    left_as_floats: tuple[_Row, ...] = ()
    unreachable: tuple[State, ...] = ()


def game_from_table(
    P: Mapping[Any, Any], initial_state_distrib: Iterable[Any], *, horizon: int | None, discount: NumberLike
) -> GymnasiumTable:
    """Read ``env.unwrapped.P`` and ``env.unwrapped.initial_state_distrib``.

    Args:
        P: ``P[state][action] = [(probability, next_state, reward, terminated), …]``.
        initial_state_distrib: the probabilities to begin in state 0, 1, ….
        horizon: the number of steps after which every episode ends.
        discount: between 0 and 1.

    Raises:
        InvalidArgument: if they are no game; where probabilities do not sum to 1, it says what they sum to.
    """
    given = read_transitions(_plain(P))
    first = read_start({state: chance for state, chance in enumerate(initial_state_distrib) if chance != 0}, given)
    reading = _Reading()
    start = dict(zip(first, reading.distribution(list(first.values()), "start"), strict=True))
    table: dict[State, dict[int, list[Outcome]]] = {}
    waiting, known, met = list(start), set(start), set(start)
    for state in waiting:  # the list grows meanwhile
        table[state] = {action: reading.outcomes(rows, (state, action)) for action, rows in given[state].items()}
        for _, following, _, terminated in chain.from_iterable(table[state].values()):
            met.add(following)
            if not terminated and following not in known:
                known.add(following)
                waiting.append(following)
    game = TabularGame({state: table[state] for state in given if state in table}, start, horizon, None, discount)
    unreachable = tuple(state for state in given if state not in met)
    return GymnasiumTable(game, MappingProxyType(reading.snapped), tuple(reading.left_as_floats), unreachable)


class _Reading:
    """Reads floats as the fractions they stand for, and remembers which it changed."""

    def __init__(self) -> None:
        self.snapped: dict[float, Fraction] = {}
        self.left_as_floats: list[_Row] = []

    def outcomes(self, rows: Iterable[Outcome], name: _Row) -> list[Outcome]:
        possible = [row for row in rows if row[0] != 0]
        chances = self.distribution([chance for chance, _, _, _ in possible], name)
        rewards = [reward for _, _, reward, _ in possible]
        read = [recognise_fraction(reward) for reward in rewards]
        self._remember(rewards, read)
        return [
            (chance, following, reward, terminated)
            for chance, reward, (_, following, _, terminated) in zip(chances, read, possible, strict=True)
        ]

    def distribution(self, row: Sequence[Number], name: _Row) -> Sequence[Number]:
        read = recognise_distribution(row)
        if all(isinstance(value, Fraction) for value in read):
            self._remember(row, read)
            return read
        self.left_as_floats.append(name)
        total = sum(row)  # 1 up to the rounding of the table's own precision, which may be single
        return [chance / total for chance in row]

    def _remember(self, values: Sequence[Number], read: Sequence[Number]) -> None:
        for value, fraction in zip(values, read, strict=True):
            if isinstance(value, float) and isinstance(fraction, Fraction) and Fraction(value) != fraction:
                self.snapped[value] = fraction


def _plain(value: Any) -> Any:
    """The same with numpy's whole numbers as Python's: a state would print as np.int64(36)."""
    import numpy as np  # names of games are listed without it

    if isinstance(value, Mapping):
        return {state: _plain(row) for state, row in value.items()}
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.integer | np.bool_) else value
