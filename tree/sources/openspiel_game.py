"""A game of OpenSpiel as one player meets it: chance and the other players' moves are outcomes of a decision."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias, TypeVar, final

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.rationals import as_distribution, is_exact, probabilities
from gradcheck.tree.sources.float_to_fraction import recognise_distribution, recognise_fraction
from gradcheck.tree.types import Number, NumberLike
from gradcheck.tree.validation.outcomes import action_number

#: "uniform", "same", or a row for each information set: probabilities in the order of the actions, or by action.
Opponents: TypeAlias = "Literal['uniform', 'same'] | Mapping[str, Sequence[NumberLike] | Mapping[int, NumberLike]]"
Observed: TypeAlias = "Literal['information_state', 'observation', 'state']"
_Outcome: TypeAlias = "tuple[Number | int, Position, Number | int, bool]"

_P = ParamSpec("_P")
_T = TypeVar("_T")

_CHANCE = -1  # pyspiel.PlayerId.CHANCE
_MAX_MOVES = 250_000  # between two decisions; a few seconds of OpenSpiel's time
_TOO_EARLY = "(the game ends before the first decision)"


def _explained(
    method: Callable[Concatenate[OpenSpielGame, _P], _T],
) -> Callable[Concatenate[OpenSpielGame, _P], _T]:
    """Turn an error of OpenSpiel's into one clear message."""

    @wraps(method)
    def explained(game: OpenSpielGame, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return method(game, *args, **kwargs)
        except RuntimeError as error:
            if type(error).__name__ != "SpielError":
                raise
            hint = f"OpenSpiel says: {shown(error, str)}"
            raise invalid("a game that OpenSpiel can play", "name_or_game", str(game.openspiel), hint) from error

    return explained


@final
@dataclass(frozen=True, slots=True)
class Position:
    """Where a game of OpenSpiel stands.

    Attributes:
        key: what makes two positions equal: the history; or the text, the number of moves, and whose turn it is.
        carried: what the player gained before the first decision, which is paid with it.
        state: OpenSpiel's own; None where the game is over.
    """

    key: Hashable
    carried: Number | int = field(default=0, repr=False)
    state: Any = field(default=None, compare=False, repr=False)


@final
@dataclass(frozen=True, eq=False)
class OpenSpielGame:
    """A ``Game`` for one player of a turn-based game of OpenSpiel; ``from_openspiel`` makes it.

    A step is one decision of this player; with ``opponents="same"``, of any player.

    Attributes:
        openspiel: the ``pyspiel.Game``.
        player: whose returns the rewards are.
        opponents: how the others move.
        observed: what a decision can depend on.
        horizon: the number of steps after which every episode ends.
        discount: of a reward one step later.
    """

    openspiel: Any
    player: int
    opponents: Opponents
    observed: Observed
    horizon: int
    discount: Number
    _rows: dict[str, tuple[list[tuple[int, Number]], bool]] = field(default_factory=dict, init=False, repr=False)

    @property
    def num_actions(self) -> int:
        """How many actions there are in all, numbered as in OpenSpiel."""
        return self.openspiel.num_distinct_actions()

    @_explained
    def starts(self) -> list[tuple[Number | int, Position]]:
        """The first positions in which there is a decision, with their probabilities."""
        settled = self._settled(self.openspiel.new_initial_state())
        return [(chance, Position(self._key(state), self._gained(state), state)) for chance, state in settled]

    def legal_actions(self, position: Position) -> Sequence[int]:
        """The actions that can be taken, in increasing order."""
        return (0,) if position.state.is_terminal() else position.state.legal_actions()

    @_explained
    def observe(self, position: Position) -> str:
        """What the player at the move sees."""
        return _TOO_EARLY if position.state.is_terminal() else self._seen(position.state)

    @_explained
    def step(self, position: Position, action: int) -> list[_Outcome]:
        """What can happen until the next decision, as (probability, next position, reward, terminated)."""
        state = position.state
        if state.is_terminal():
            return [(1, Position(position.key), position.carried, True)]
        before = self._gained(state)
        outcomes: list[_Outcome] = []
        for chance, after in self._settled(state.child(action)):
            reward = self._gained(after) - before + position.carried
            over = after.is_terminal()
            outcomes.append((chance, Position(self._key(after), 0, None if over else after), reward, over))
        return outcomes

    def _settled(self, state: Any) -> list[tuple[Number | int, Any]]:
        """The positions at which there is a decision, or the game is over, after chance and the others moved."""
        settled: list[tuple[Any, Any]] = []
        exact = True
        moves_made = 0
        waiting: dict[Hashable, tuple[Any, Any]] = {None: (1, state)}
        while waiting:
            following: dict[Hashable, tuple[Any, Any]] = {}
            for chance, at in waiting.values():
                player = at.current_player()
                if at.is_terminal() or player == self.player or (self.opponents == "same" and player != _CHANCE):
                    settled.append((chance, at))
                    continue
                moves, rational = self._moves(at, player)
                exact = exact and rational
                moves_made += len(moves)
                if moves_made > _MAX_MOVES:
                    raise self._too_many_moves()
                for action, probability in moves:
                    child = at.child(action)
                    key = (self._key(child), self._gained(child))
                    before = following[key][0] if key in following else 0
                    following[key] = (before + chance * probability, child)
            waiting = following
        return settled if exact else [(float(chance), at) for chance, at in settled]

    def _moves(self, state: Any, player: int) -> tuple[list[tuple[int, Number]], bool]:
        """The moves of chance or another player with rational probabilities, and whether they were given so."""
        if player == _CHANCE:
            actions, chances = zip(*state.chance_outcomes(), strict=True)
            read, exact = _read_chances(chances)
            return list(zip(actions, read, strict=True)), exact
        legal = state.legal_actions()
        if isinstance(self.opponents, str):
            return [(action, Fraction(1, len(legal))) for action in legal], True
        seen = self._seen(state)
        if seen not in self._rows:
            if seen not in self.opponents:
                hint = f"Player {player} sees {shown(seen)} and has no row there."
                raise invalid("a row for everything the other players can see", "opponents", self.opponents, hint)
            self._rows[seen] = _read_row(self.opponents[seen], legal, self.num_actions, f"opponents[{shown(seen)}]")
        return self._rows[seen]

    def _seen(self, state: Any) -> str:
        if self.observed == "information_state":
            return state.information_state_string(state.current_player())
        if self.observed == "observation":
            return state.observation_string(state.current_player())
        return str(state)

    def _key(self, state: Any) -> Hashable:
        if self.observed == "state":
            return state.move_number(), state.current_player(), str(state)
        return state.history_str()

    def _gained(self, state: Any) -> Number | int:
        """The player's return so far; whole numbers as int, which are the fastest."""
        if not (self._pays_on_the_way or state.is_terminal()):
            return 0
        return _read_return(state.player_return(self.player))

    @cached_property
    def _pays_on_the_way(self) -> bool:
        return self.openspiel.get_type().reward_model.name != "TERMINAL"

    def _too_many_moves(self) -> Exception:
        hint = f"Chance and the other players make more than {_MAX_MOVES:,} moves between two decisions."
        return invalid("a game with fewer moves between two decisions", "name_or_game", str(self.openspiel), hint)


def _read_row(row: object, legal: Sequence[int], num_actions: int, name: str) -> tuple[list[tuple[int, Number]], bool]:
    """One row of a table of opponents: its possible actions with rational probabilities; whether these were given."""
    if isinstance(row, Mapping):
        given = {action_number(action, f"an action of {name}"): value for action, value in row.items()}
    else:
        values = row.tolist() if hasattr(row, "tolist") else row  # type: ignore[attr-defined]  # asked just before
        if isinstance(values, str | bytes) or not isinstance(values, Sequence) or len(values) != num_actions:
            hint = "Or write {action: probability}."
            raise invalid(f"{num_actions} probabilities, one for each action", name, row, hint)
        given = dict(enumerate(values))
    names = [f"{name}[{action}]" for action in given]
    read = probabilities(list(given.values()), name, each=names, given=row, dtype=getattr(row, "dtype", None))
    for action, chance, its_name in zip(given, read, names, strict=True):
        if chance != 0 and action not in legal:
            raise invalid("probability 0 for an illegal action", its_name, given[action], f"Legal are {list(legal)}.")
    rational = as_distribution(read)
    return [(action, chance) for action, chance in zip(given, rational, strict=True) if chance != 0], is_exact(read)


@lru_cache(maxsize=1024)
def _read_chances(chances: tuple[float, ...]) -> tuple[tuple[Number, ...], bool]:
    read = recognise_distribution(chances)
    return as_distribution(read), is_exact(read)


@lru_cache(maxsize=1024)
def _read_return(value: float) -> Number | int:
    read = recognise_fraction(value)
    return int(read) if read == int(read) else read
