"""One new file in the folder of sources is all it takes to read games from another library.

`open_game`, the help texts and the messages know it; until one of its games is opened, no library is imported.
"""

import subprocess
import sys

import pytest

from gradcheck import InvalidArgument, TabularGame
from gradcheck.tree import sources
from gradcheck.tree.sources import registry
from gradcheck.tree.sources.open_game import open_game
from gradcheck.tree.sources.registry import what_game_takes, what_horizon_is_for

DICE = """
from gradcheck.tree.game import TabularGame
from gradcheck.tree.sources.registry import NamedGame, source


@source("dice:", name="SIDES", example="6")
def open_dice(name, horizon):
    import fractions_of_a_die_that_is_not_installed
"""
READS = DICE.replace(
    "import fractions_of_a_die_that_is_not_installed",
    """sides = int(name)
    rows = [(f"1/{sides}", "end", pips, True) for pips in range(1, sides + 1)]
    return NamedGame(f"dice:{name}", TabularGame({"roll": {0: rows}}, "roll", horizon or 1))""",
)


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Put a file beside the sources that come with gradcheck; take it away again afterwards."""
    monkeypatch.setattr(registry, "_BY_PREFIX", dict(registry.all_sources()))
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    name = f"{sources.__name__}.from_dice"

    def write(text, file="from_dice.py"):
        (tmp_path / file).write_text(text)

    yield write
    sys.modules.pop(name, None)
    vars(sources).pop("from_dice", None)


def test_its_games_can_be_opened(add):
    add(READS)
    opened = open_game("dice:4", horizon=2)
    assert isinstance(opened.game, TabularGame)
    assert [reward for _, _, reward, _ in opened.game.step("roll", 0)] == [1, 2, 3, 4]
    assert (opened.name, opened.game.horizon) == ("dice:4", 2)


def test_help_texts_and_messages_name_it(add):
    add(READS)
    assert "dice:SIDES, gymnasium:ID or openspiel:NAME" in what_game_takes()
    assert what_horizon_is_for() == "dice:, gymnasium: and openspiel:"
    with pytest.raises(InvalidArgument, match="other games are dice:SIDES, gymnasium:ID and openspiel:NAME"):
        open_game("cards")
    with pytest.raises(InvalidArgument, match=r"Expected a name after dice: .* For example dice:6"):
        open_game("dice:")


def test_its_library_is_imported_when_a_game_is_opened_and_not_before(add):
    add(DICE)
    assert "dice:SIDES" in what_game_takes()
    with pytest.raises(InvalidArgument, match="a game whose library is installed"):
        open_game("dice:6")


def test_listing_the_sources_imports_none_of_their_libraries():
    listing = "from gradcheck.tree.sources.registry import all_sources; all_sources(); import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "gradcheck.tree.sources.from_gymnasium" in imported
    assert not imported & {"gymnasium", "pyspiel", "open_spiel", "numpy", "torch", "sympy"}


@pytest.mark.parametrize("file", ["dice.py", "from_dice.txt"])
def test_control_a_file_of_another_name_is_none(add, file):
    add(READS, file)
    with pytest.raises(InvalidArgument, match="the name of a game"):
        open_game("dice:4")
