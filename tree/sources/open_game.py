"""From what is typed behind ``--game`` to a game: a name of the gallery, a file, Gymnasium or OpenSpiel."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, final

from gradcheck.tree.errors import InvalidArgument, invalid
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.games.catalogue import GALLERY, ExactPolicy
from gradcheck.tree.validation.arguments import close_names, did_you_mean

if TYPE_CHECKING:
    from gradcheck.tree.sources.gymnasium_table import GymnasiumTable

GYMNASIUM, OPENSPIEL = "gymnasium:", "openspiel:"
FILES = (".toml", ".json")

_LONGEST_NAME = 100  # the time to find near matches grows with the square of it


@final
@dataclass(frozen=True, eq=False)
class NamedGame:
    """A game, and what a report about it needs.

    Attributes:
        name: as it was typed.
        game: the game.
        policy: that comes with the game, above 0 for every legal action; None stands for the uniform one.
        actions: words for the actions, if they have any.
        one_step: the first decision as a game of its own, where it should be pictured.
        source: what was read from Gymnasium, where that is what it was read from.
    """

    name: str
    game: Game
    policy: ExactPolicy | None = field(default=None, repr=False)
    actions: tuple[str, ...] | None = None
    one_step: TabularGame | None = None
    source: GymnasiumTable | None = field(default=None, repr=False)


def open_game(text: str, *, horizon: int | None = None) -> NamedGame:
    """Find the game that is meant.

    Args:
        text: a name of the gallery, the path of a ``.toml`` or ``.json`` file, ``gymnasium:ID`` or ``openspiel:NAME``.
        horizon: the number of steps after which every episode ends, for games of other libraries.

    Raises:
        InvalidArgument: if there is no such game, or it cannot be used.

    >>> open_game("stop_go").policy
    {'first': (Fraction(1, 2), Fraction(1, 2)), 'second': (Fraction(1, 2), Fraction(1, 2))}
    """
    if horizon is not None and not text.startswith((GYMNASIUM, OPENSPIEL)):
        hint = "Other games say by themselves when they end."
        raise invalid(f"a game {GYMNASIUM}ID or {OPENSPIEL}NAME where --horizon is given", "--game", text, hint)
    if text in GALLERY:
        entry = GALLERY[text]
        game = entry.make()
        return NamedGame(text, game, entry.play(game), entry.actions, entry.one_step() if entry.one_step else None)
    game, source = _foreign(text, horizon)
    return NamedGame(text, game, source=source)


def unknown(text: str, name: str, hint: str = "") -> InvalidArgument:
    """The error for a name that is not in the gallery, with those that are like it."""
    start = text[:_LONGEST_NAME].lower()
    near = [known for known in GALLERY if start and (start in known or known in start)]
    near += [known for known in close_names(text, GALLERY) if known not in near]
    hints = [did_you_mean(near)] if near else []
    hints += ["`python -m gradcheck games` lists the names.", *([hint] if hint else [])]
    return invalid("the name of a game", name, text, " ".join(hints))


def _foreign(text: str, horizon: int | None) -> tuple[Game, GymnasiumTable | None]:
    try:
        if text.startswith(GYMNASIUM):
            from gradcheck.tree.sources.from_gymnasium import read_gymnasium

            table = read_gymnasium(_rest(text, GYMNASIUM, "FrozenLake-v1"), horizon=horizon)
            return table.game, table
        if text.startswith(OPENSPIEL):
            from gradcheck.tree.sources.from_openspiel import from_openspiel

            return from_openspiel(_rest(text, OPENSPIEL, "kuhn_poker"), horizon=horizon), None
    except ImportError as error:  # the library is optional, and the error says how to get it
        raise invalid("a game whose library is installed", "--game", text, f"{error}.") from error
    if PurePath(text).suffix.lower() in FILES:
        from gradcheck.tree.sources.files import load_game

        return load_game(text), None
    hint = f"Files end in {' or '.join(FILES)}; other games are {GYMNASIUM}ID and {OPENSPIEL}NAME."
    raise unknown(text, "--game", hint)


def _rest(text: str, prefix: str, example: str) -> str:
    if text == prefix:
        raise invalid(f"a name after {prefix}", "--game", text, f"For example {prefix}{example}.")
    return text.removeprefix(prefix)
