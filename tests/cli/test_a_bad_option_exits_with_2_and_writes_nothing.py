"""A bad option or path ends with exit code 2 and one clear line, no traceback, and no file made or touched."""

import os
import re
from pathlib import Path

import pytest

PRECIOUS = "not to be lost"
LONG = "a" * 300


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Holds a file; the tests run in it, so that nothing else may appear there."""
    (tmp_path / "precious.json").write_text(PRECIOUS)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["precious.json"]
    assert (tmp_path / "precious.json").read_text() == PRECIOUS


def one_clear_line(run, *words):
    assert run.code == 2
    assert "Traceback" not in run.err
    *usage, line = run.err.splitlines()
    assert re.match(r"gradcheck( report)?: error: ", line)
    assert all(text.startswith(("usage: gradcheck", " ")) for text in usage)
    for word in words:
        assert word in line
    assert run.out == ""


@pytest.mark.parametrize(
    "value", ["0", "-3", "abc", "", "2.5", "1e6", str(2**63), "9" * 5000], ids=lambda text: text[:20]
)
def test_a_bad_number_of_episodes(gradcheck, folder, value):
    run = gradcheck("report", "--json", "precious.json", f"--episodes={value}")
    one_clear_line(run, "--episodes", "Expected a whole number from 1", f"--episodes='{value[:100]}")
    assert len(run.err) < 600


@pytest.mark.parametrize("value", ["-1", "None", "0.5", str(2**63)])
def test_a_bad_seed(gradcheck, folder, value):
    run = gradcheck("report", "--json", "precious.json", f"--seed={value}")
    one_clear_line(run, "--seed", "Expected a whole number from 0", repr(value))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("report", "--game", "chess"),
        ("report", "--game"),
        ("report", "--episodes"),
        ("report", "--json"),
        ("report", "extra"),
        ("report", "--unknown"),
        ("rapport",),
        ("--episodes", "5"),
    ],
    ids=" ".join,
)
def test_bad_usage(gradcheck, folder, arguments):
    one_clear_line(gradcheck(*arguments), *arguments[-1:])


UNWRITABLE = {
    "a folder": (".", "It is a folder"),
    "a folder, with a slash": ("./", "It is a folder"),
    "no path": ("", "It is empty"),
    "a folder that does not exist": ("missing/report.json", "Make the folder first"),
    "below a file": ("precious.json/report.json", "a folder that exists"),
    "a name too long": (f"{LONG}.json", "File name too long"),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_an_unwritable_path(gradcheck, folder, name):
    path, hint = UNWRITABLE[name]
    one_clear_line(gradcheck("report", "--json", path), "--json=", hint)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Only Linux has a folder that nobody can write to.")
def test_a_folder_that_nobody_can_write_to(gradcheck, folder):
    one_clear_line(gradcheck("report", "--json", "/proc/report.json"), "--json='/proc/report.json'")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Only Linux has a device that is always full.")
def test_a_device_that_is_full_stays_a_device(gradcheck, folder):
    run = gradcheck("report", "--episodes", 10, "--json", "/dev/full")
    one_clear_line(run, "--json='/dev/full'", "No space left on device")
    assert Path("/dev/full").is_char_device()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="Permissions do not bind this user.")
@pytest.mark.parametrize("read_only", ["folder", "file"])
def test_permissions_are_respected(gradcheck, folder, read_only):
    target = folder if read_only == "folder" else folder / "precious.json"
    mode = target.stat().st_mode
    target.chmod(0o500 if read_only == "folder" else 0o400)
    try:
        one_clear_line(gradcheck("report", "--json", "precious.json"), "--json='precious.json'")
    finally:
        target.chmod(mode)


def test_a_link_in_a_circle(gradcheck, tmp_path):
    link = tmp_path / "circle.json"
    link.symlink_to(link)
    one_clear_line(gradcheck("report", "--json", link), "--json=")
    assert link.is_symlink()


def test_bad_paths_are_refused_before_any_work(gradcheck, folder):
    """Importing torch alone takes seconds."""
    run = gradcheck("report", "--json", "missing/report.json", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in run.err.splitlines() if line.startswith("import time:")}
    assert "gradcheck.tree.sources.text_files" in imported
    assert "torch" not in imported
    assert run.code == 2


def test_control_a_good_run_would_be_noticed(gradcheck):
    run = gradcheck("report", "--help")
    with pytest.raises(AssertionError):
        one_clear_line(run)
