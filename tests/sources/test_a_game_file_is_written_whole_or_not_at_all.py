"""A game file is written as a whole or left as it was; its permissions, and links to it, stay."""

import os
import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradcheck import InvalidArgument, TabularGame, games
from gradcheck.tree.sources.files import load_game, save_game
from gradcheck.tree.sources.text_files import MAX_BYTES

ROOT = Path(__file__).parents[2]
GAME = games.robot()
NOBODY = 65534


@contextmanager
def files_of_at_most(size):
    """What a full disk does: writing fails in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced(tmp_path):
    target = tmp_path / "game.json"
    target.write_text("old")
    save_game(GAME, target)
    assert load_game(target) == GAME
    assert names(tmp_path) == ["game.json"]


@pytest.mark.parametrize("before", [["game.json"], []])
def test_nothing_changes_where_the_disk_is_full(tmp_path, before):
    for name in before:
        (tmp_path / name).write_text("precious")
    with files_of_at_most(100), pytest.raises(InvalidArgument, match=r"path='.*game\.json'.* File too large\."):
        save_game(GAME, tmp_path / "game.json")
    assert names(tmp_path) == before
    assert [(tmp_path / name).read_text() for name in before] == ["precious" for _ in before]


def test_control_the_limit_is_what_makes_it_fail(tmp_path):
    with files_of_at_most(10_000):
        save_game(GAME, tmp_path / "game.json")
    assert load_game(tmp_path / "game.json") == GAME


def test_a_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "game.json", tmp_path / "latest.json"
    target.touch()
    target.chmod(0o600)
    link.symlink_to(target)
    save_game(GAME, link)
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert load_game(target) == GAME


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    save_game(GAME, tmp_path / "game.json")
    assert (tmp_path / "game.json").stat().st_mode == (tmp_path / "usual").stat().st_mode


BAD_PATHS = {
    "a missing folder": ("No such file", "missing/game.json"),
    "a file for a folder": ("Not a directory", "file.json/game.json"),
    "a folder": ("It is a folder", "folder.json"),
    "a pipe": ("a pipe or a device", "pipe.json"),
    "a device": ("a pipe or a device", "zero.json"),
    "a link to itself": ("loop", "loop.json"),
    "another kind of file": (".toml or .json", "game.yaml"),
    "no path": ("path=''", ""),
    "a NUL": ("path='game\\x00.json'", "game\0.json"),
}


@pytest.mark.parametrize("name", BAD_PATHS)
def test_what_cannot_be_written_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named, path = BAD_PATHS[name]
    (tmp_path / "file.json").touch()
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "loop.json").symlink_to("loop.json")
    before = names(tmp_path)
    with pytest.raises(InvalidArgument) as caught:
        save_game(GAME, path)
    assert named in str(caught.value)
    assert names(tmp_path) == before


@contextmanager
def unprivileged():
    """A superuser may write every file."""
    users = os.getresuid()
    if 0 in users:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(*users)


def test_a_file_that_is_read_only_stays_as_it_is():
    with tempfile.TemporaryDirectory() as name:  # not below a folder that only the superuser may enter
        folder = Path(name)
        folder.chmod(0o777)
        for file, mode in {"kept.json": 0o444, "control.json": 0o666}.items():
            (folder / file).write_text("precious")
            (folder / file).chmod(mode)
        with unprivileged():
            save_game(GAME, folder / "control.json")
            with pytest.raises(InvalidArgument, match="read-only"):
                save_game(GAME, folder / "kept.json")
        assert load_game(folder / "control.json") == GAME
        assert (folder / "kept.json").read_text() == "precious"
        assert names(folder) == ["control.json", "kept.json"]


def test_a_file_too_large_to_be_read_is_not_written(tmp_path):
    long = "s" * (MAX_BYTES // 3)
    game = TabularGame({long: {0: [(1, "end", 0, True)]}}, long, 1)
    save_game(game, tmp_path / "game.json")
    longer = "s" * (MAX_BYTES // 2)
    game = TabularGame({longer: {0: [(1, "end", 0, True)]}}, longer, 1)
    with pytest.raises(InvalidArgument, match="at most 16 MiB"):
        save_game(game, tmp_path / "longer.json")
    assert names(tmp_path) == ["game.json"]


WITHOUT_TOMLI_W = """
import sys
sys.modules["tomli_w"] = None  # so Python marks a module that cannot be imported
from gradcheck import games
from gradcheck.tree.sources.files import load_game, save_game
save_game(games.robot(), sys.argv[1] + ".json")
try:
    save_game(games.robot(), sys.argv[1] + ".toml")
except ImportError as error:
    print(error)
"""


def test_toml_needs_a_library_that_is_named(tmp_path):
    command = [sys.executable, "-c", WITHOUT_TOMLI_W, str(tmp_path / "game")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert 'pip install "gradcheck[toml]"' in done.stdout
    assert names(tmp_path) == ["game.json"]
