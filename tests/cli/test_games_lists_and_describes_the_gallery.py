"""``games`` lists the gallery, and one game in full, at once: torch, SymPy and numpy stay out of it."""

import io

import pytest
from rich.console import Console

from gradcheck import games
from gradcheck.cli import games as commands_games
from gradcheck.document import plain_text as plain
from gradcheck.document import rich_text

HEAVY = {"hypothesis", "matplotlib", "numpy", "sympy", "torch"}


def imported(run):
    lines = [line for line in run.err.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_the_list_reads_as_in_the_snapshot(snapshot):
    assert plain.render(commands_games.listing()) == snapshot


@pytest.mark.parametrize("name", ["hallway", "kuhn_self_play"])
def test_a_game_reads_as_in_the_snapshot(name, snapshot):
    assert plain.render(commands_games.description(games.GALLERY[name])) == snapshot


def test_the_command_prints_the_list(gradcheck):
    run = gradcheck("games")
    assert (run.code, run.err) == (0, "")
    assert words(run.out) == words(plain.render(commands_games.listing()))


@pytest.mark.parametrize("name", games.GALLERY)
def test_every_game_can_be_described(name):
    text = plain.render(commands_games.description(games.GALLERY[name]))
    assert max(map(len, text.splitlines())) <= plain.WIDTH
    assert games.GALLERY[name].call in text
    assert "Good for\n====" in text


def test_the_command_describes_one(gradcheck):
    run = gradcheck("games", "stop_go")
    assert (run.code, run.err) == (0, "")
    assert words(run.out) == words(plain.render(commands_games.description(games.GALLERY["stop_go"])))


def test_the_table_is_not_cut_by_rich():
    stream = io.StringIO()
    rich_text.render(commands_games.listing(), Console(file=stream, width=plain.WIDTH, color_system=None))
    assert words(stream.getvalue()) == words(plain.render(commands_games.listing()))


@pytest.mark.parametrize("arguments", [("games",), ("games", "two_prompts"), ("report", "--help"), ("games", "--help")])
def test_nothing_heavy_is_imported(gradcheck, arguments):
    run = gradcheck(*arguments, PYTHONPROFILEIMPORTTIME="1")
    assert run.code == 0
    assert "gradcheck.tree.errors" in imported(run)
    assert imported(run) & HEAVY == set()


def test_control_the_report_imports_torch(gradcheck):
    run = gradcheck("report", "--game", "robot_one_step", "--episodes", 10, PYTHONPROFILEIMPORTTIME="1")
    assert {"numpy", "sympy", "torch"} <= imported(run)


def words(text):
    return [word for word in text.split() if not set(word) <= set("=─-━")]
