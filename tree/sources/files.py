"""Games in files: TOML for people, JSON for programs, the same keys in both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.tree.errors import InvalidArgument, invalid, shown
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.sources.decode import game_of
from gradcheck.tree.sources.encode import data_of
from gradcheck.tree.sources.text_files import path_of, read_text, short, write_text
from gradcheck.tree.sources.toml_json import read_json, read_toml, write_json, write_toml

if TYPE_CHECKING:
    from gradcheck.tree.game_tree import GameTree

_READ: Mapping[str, Callable[[str], object]] = {".toml": read_toml, ".json": read_json}
_WRITE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {".toml": write_toml, ".json": write_json}


def load_game(path: str | os.PathLike[str]) -> TabularGame:
    """Read a game from a file.

    Args:
        path: of the file; its name ends in .toml or .json.

    Raises:
        InvalidArgument: if there is no such file, or no game in it, naming the place.
    """
    file, suffix = _file(path)
    text = read_text(file)
    try:
        return game_of(_READ[suffix](text))
    except InvalidArgument as error:
        message = str(error)
        end = "" if message.endswith((".", "?")) else "."
        raise InvalidArgument(f"{message}{end} In {shown(short(file))}.") from error.__cause__


def save_game(game: Game | GameTree, path: str | os.PathLike[str]) -> None:
    """Write a game to a file, from which ``load_game`` reads an equal one.

    The file is written as a whole or left as it was. Numbers are written exactly. States that are neither text nor
    numbers nor tuples of such get new names.

    Args:
        game: any finite game, or its tree. Of a game given as code, what an episode can meet is written.
        path: of the file; its name ends in .toml or .json.

    Raises:
        InvalidArgument: if the game or the path cannot be used.
        ImportError: for TOML, if tomli-w is not installed.

    >>> import tempfile
    >>> from gradcheck.tree.games.robot import robot_one_step
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_game(robot_one_step(), f"{folder}/robot.toml")
    ...     print(Path(folder, "robot.toml").read_text(), end="")
    format = 1
    horizon = 1
    start = [2, 1]
    <BLANKLINE>
    transitions = [
      { state = [2, 1], action = 0, next_state = [1, 0], reward = 3, terminated = true },
      { state = [2, 1], action = 1, next_state = [3, 1], reward = 10, terminated = true },
    ]
    """
    from gradcheck.tree.sources.tabulate import tabulate  # needs numpy; reading does not

    file, suffix = _file(path)
    data = data_of(tabulate(game))
    game_of(data)  # refuses what is beyond the limits of reading
    write_text(_WRITE[suffix](data), file)


def _file(path: object) -> tuple[Path, str]:
    file = path_of(path)
    suffix = file.suffix.lower()
    if suffix not in _READ:
        raise invalid("a file whose name ends in .toml or .json", "path", short(file))
    return file, suffix
