"""The libraries that games can be read from: each registers itself, under the prefix by which its games are named.

A new library is one file in this folder whose name begins with ``from_``. It holds one registered function, and imports
the library only when that function is called:

    @source("dice:", name="SIDES", example="6")
    def open_dice(name: str, horizon: int | None) -> NamedGame:
        return NamedGame(f"dice:{name}", from_dice(int(name), horizon=horizon))

Then ``open_game``, the command line and their messages know ``dice:SIDES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, final

from gradcheck.tree import sources as folder

if TYPE_CHECKING:
    from gradcheck.tree.game import Game, TabularGame
    from gradcheck.tree.games.catalogue import ExactPolicy
    from gradcheck.tree.sources.gymnasium_table import GymnasiumTable


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


#: Opens a game by its name, without the prefix, and the number of steps after which every episode ends, or None for the
#: library's own. It may raise ImportError, with a text that says how to get the library.
Opener: TypeAlias = Callable[[str, "int | None"], NamedGame]


@final
@dataclass(frozen=True)
class Source:
    """A library that games can be read from.

    Attributes:
        prefix: what the names of its games begin with, such as ``gymnasium:``.
        name: what stands after it, as help texts write it, such as ``ID``.
        example: a name that can stand there.
        open: opens a game.
    """

    prefix: str
    name: str
    example: str
    open: Opener

    def __str__(self) -> str:
        return self.prefix + self.name


#: The endings of the names of game files.
FILES = (".toml", ".json")

_BY_PREFIX: dict[str, Source] = {}


def source(prefix: str, *, name: str, example: str) -> Callable[[Opener], Opener]:
    """Register the function below as the one that opens games with this prefix."""

    def register(opener: Opener) -> Opener:
        _BY_PREFIX[prefix] = Source(prefix, name, example, opener)
        return opener

    return register


def all_sources() -> Mapping[str, Source]:
    """Find the registered libraries, in the order of their prefixes. None of them is imported."""
    for module in iter_modules(folder.__path__):
        if module.name.startswith("from_"):
            import_module(f"{folder.__name__}.{module.name}")
    return MappingProxyType(dict(sorted(_BY_PREFIX.items())))


def what_game_takes() -> str:
    """What can stand behind ``--game``, for help texts."""
    others = listed(all_sources().values(), "or")
    return f"a name from `python -m gradcheck games`, a {listed(FILES, 'or')} file, {others}"


def what_horizon_is_for() -> str:
    """The prefixes of the games that ``--horizon`` can be given with, for help texts."""
    return listed(all_sources(), "and")


def listed(names: Iterable[object], last: str) -> str:
    """Write names one after another, with a word before the last.

    >>> listed(["gymnasium:", "openspiel:"], "and")
    'gymnasium: and openspiel:'
    """
    *others, final_one = map(str, names)
    return f"{', '.join(others)} {last} {final_one}" if others else final_one
