"""``python -m gradcheck games``: the gallery as a list, or one game of it in full."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from gradcheck.document.blocks import Block, Heading, Table, Text
from gradcheck.document.numbers import counted, exact
from gradcheck.document.terminal import show
from gradcheck.tree.games.catalogue import GALLERY, Entry
from gradcheck.tree.games.game_size import count_histories
from gradcheck.tree.sources.open_game import unknown_game

_GOOD_FOR = "Good for"  # the paragraph of a docstring that says which bugs the game exposes


def add_options(games: argparse.ArgumentParser) -> None:
    """Add the description and the options of the command."""
    games.description = (
        "List the games that come with gradcheck, or say what one of them is, what it is good for and how large."
    )
    games.add_argument("name", nargs="?", metavar="NAME", help="say more about this one")
    games.set_defaults(run=lambda arguments: run(arguments.name))


def run(name: str | None) -> int:
    """Print the list, or what one game is good for, and return the exit code.

    Raises:
        InvalidArgument: if there is no game of this name.
    """
    if name is not None and name not in GALLERY:
        raise unknown_game(name, "NAME")
    show(listing() if name is None else description(GALLERY[name]))
    return 0


def listing() -> Iterator[Block]:
    """Every game in one line."""
    yield Heading("The games that come with gradcheck")
    sizes = {name: count_histories(entry.make()) for name, entry in GALLERY.items()}
    rows = [
        (name, entry.description, f"{sizes[name].decisions:,}", f"{sizes[name].episodes:,}")
        for name, entry in GALLERY.items()
    ]
    yield Table(("game", "description", "decisions", "episodes"), tuple(rows), frozenset({"game", "description"}))
    yield Text(
        "What one of them is good for: `python -m gradcheck games NAME`. The report takes these names, and more: "
        "`python -m gradcheck report --help`."
    )


def description(entry: Entry) -> Iterator[Block]:
    """One game: what it is, what it is good for, and its size."""
    yield Heading(entry.name)
    for paragraph in entry.documentation.split("\n\n"):
        text = " ".join(paragraph.split()).replace("``", "`")
        if text.startswith(_GOOD_FOR):
            yield Heading(_GOOD_FOR)
            text = text.removeprefix(f"{_GOOD_FOR}: ")
            text = text[:1].upper() + text[1:]
        yield Text(text)
    game = entry.make()
    size = count_histories(game)
    lengths = size.longest if size.shortest == size.longest else f"{size.shortest} to {size.longest}"
    sizes = (
        counted(size.observations, "observation"),
        counted(game.num_actions, "action"),
        counted(size.decisions, "decision"),
        counted(size.episodes, "different episode"),
    )
    yield Heading("Size")
    yield Text(f"{', '.join(sizes)}; {lengths} {'step' if size.longest == 1 else 'steps'} long.")
    yield Text(f"Expected return where every legal action is equally likely: {exact(size.uniform_return)}.")
    yield Text(f"In Python: {entry.call}, after `from gradcheck import games`.")
