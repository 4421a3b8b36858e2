"""A game given as code. A table is checked when it is made; the answers of code can only be checked as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game import Game
from gradcheck.tree.rationals import probabilities
from gradcheck.tree.types import Number, Observation, Outcome, State
from gradcheck.tree.validation.arguments import discount_of, horizon_of, whole_number
from gradcheck.tree.validation.outcomes import (
    MAX_ACTIONS,
    action_number,
    check_observation,
    check_state,
    read_outcomes,
)

_METHODS = ("num_actions", "horizon", "discount", "starts", "legal_actions", "step", "observe")


@final
class CheckedGame:
    """The same game with every answer checked, and numbers read as those of a table are.

    Args:
        game: an object with the methods of ``Game``.

    Raises:
        InvalidArgument: if it is no game, and later, if an answer of its methods cannot be used.
    """

    def __init__(self, game: Game) -> None:
        if isinstance(game, type) or not isinstance(game, Game):
            hint = "It is a class: make an object of it." if isinstance(game, type) else _missing(game)
            raise invalid("a game (a TabularGame, or an object with the methods of Game)", "game", game, hint)
        self._game = game
        self.num_actions = whole_number(game.num_actions, "num_actions")
        if self.num_actions > MAX_ACTIONS:
            hint = "Actions are columns of a table: number them without gaps."
            raise invalid(f"at most {MAX_ACTIONS:,} actions", "num_actions", game.num_actions, hint)
        self.horizon = horizon_of(game.horizon)
        self.discount = discount_of(game.discount)

    def starts(self) -> tuple[tuple[Number, State], ...]:
        """The first states with their probabilities."""
        rows = [row if isinstance(row, tuple | list) and len(row) == 2 else None for row in self._game.starts()]
        given = [row for row in rows if row is not None]
        if not given or len(given) != len(rows):
            raise invalid("a list of (probability, state)", "starts()", self._game.starts())
        for _, state in given:
            check_state(state, "a state in starts()")
        chances = probabilities([chance for chance, _ in given], "the probabilities in starts()")
        merged: dict[State, Number] = {}  # one start for each state, as in a table
        for chance, (_, state) in zip(chances, given, strict=True):
            merged[state] = merged.get(state, 0) + chance
        return tuple((chance, state) for state, chance in merged.items())

    def legal_actions(self, state: State) -> tuple[int, ...]:
        """The actions that can be taken in the state, in increasing order."""
        return self.read_actions(state, self._game.legal_actions(state))

    def read_actions(self, state: State, given: object) -> tuple[int, ...]:
        """Read what the game answered for the legal actions of a state.

        Raises:
            InvalidArgument: if it is no list of actions, or an empty one.
        """
        name = f"legal_actions({shown(state)})"
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise invalid("a list of actions", name, given)
        actions = sorted({action_number(action, f"an action of {name}") for action in given})
        if not actions:
            hint = "Where no action is left, the outcome that leads there must be terminated."
            raise invalid("at least one legal action", name, given, hint)
        if actions[-1] >= self.num_actions:
            raise invalid(f"actions below num_actions={self.num_actions}", name, given)
        return tuple(actions)

    def step(self, state: State, action: int) -> tuple[Outcome, ...]:
        """What can happen after the action, as (probability, next state, reward, terminated)."""
        return read_outcomes(self._game.step(state, action), f"step({shown(state)}, {action})")

    def observe(self, state: State) -> Observation:
        """What the player sees in the state."""
        seen = self._game.observe(state)
        check_observation(seen, f"observe({shown(state)})")
        return seen


def _missing(game: object) -> str:
    """Name the methods that an object lacks, if it has at least one of them."""
    missing = [name for name in _METHODS if not hasattr(game, name)]
    return f"It has no {' and no '.join(missing)}." if 0 < len(missing) < len(_METHODS) else ""
