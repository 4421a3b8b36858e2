"""From what is typed behind ``--game`` to a game: a name of the gallery, a file, or a game of another library."""

from __future__ import annotations

from pathlib import PurePath

from gradcheck.tree.errors import InvalidArgument, invalid
from gradcheck.tree.games.catalogue import GALLERY
from gradcheck.tree.sources.registry import FILES, NamedGame, Source, all_sources, listed
from gradcheck.tree.validation.arguments import close_names, did_you_mean

_LONGEST_NAME = 100  # characters that are compared with the names of the gallery


def open_game(text: str, *, horizon: int | None = None) -> NamedGame:
    """Open the game of this name.

    Args:
        text: a name of the gallery, the path of a ``.toml`` or ``.json`` file, or the prefix of another library and a
            name there, ``gymnasium:ID`` or ``openspiel:NAME``.
        horizon: the number of steps after which every episode ends, for games of other libraries.

    Raises:
        InvalidArgument: if there is no such game, or it cannot be used.

    >>> open_game("stop_go").policy
    {'first': (Fraction(1, 2), Fraction(1, 2)), 'second': (Fraction(1, 2), Fraction(1, 2))}
    """
    for source in all_sources().values():
        if text.startswith(source.prefix):
            return _from_library(source, text, horizon)
    if horizon is not None:
        hint = "Other games say by themselves when they end."
        expected = f"a game {listed(all_sources().values(), 'or')} where --horizon is given"
        raise invalid(expected, "--game", text, hint)
    if text in GALLERY:
        entry = GALLERY[text]
        game = entry.make()
        return NamedGame(text, game, entry.play(game), entry.actions, entry.one_step() if entry.one_step else None)
    if PurePath(text).suffix.lower() in FILES:
        from gradcheck.tree.sources.files import load_game

        return NamedGame(text, load_game(text))
    hint = f"Files end in {listed(FILES, 'or')}; other games are {listed(all_sources().values(), 'and')}."
    raise unknown_game(text, "--game", hint)


def unknown_game(text: str, name: str, hint: str = "") -> InvalidArgument:
    """The error for a name that is not in the gallery, with names there that look like it."""
    start = text[:_LONGEST_NAME].lower()
    near = [known for known in GALLERY if start and (start in known or known in start)]
    near += [known for known in close_names(text, GALLERY) if known not in near]
    hints = (did_you_mean(near), "`python -m gradcheck games` lists the names.", hint)
    return invalid("the name of a game", name, text, " ".join(filter(None, hints)))


def _from_library(source: Source, text: str, horizon: int | None) -> NamedGame:
    name = text.removeprefix(source.prefix)
    if not name:
        raise invalid(f"a name after {source.prefix}", "--game", text, f"For example {source.prefix}{source.example}.")
    try:
        return source.open(name, horizon)
    except ImportError as error:  # the library is optional, and the error says how to get it
        raise invalid("a game whose library is installed", "--game", text, f"{error}.") from error
