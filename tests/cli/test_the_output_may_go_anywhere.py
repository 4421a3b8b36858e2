"""Whoever reads the report, or does not, gets no traceback: a closed pipe, no output at all, a full disk, a
terminal without the letters, a machine without rich.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.document import plain_text as plain

ARGUMENTS = ("report", "--game", "robot_one_step", "--episodes", 10)


@pytest.fixture(scope="module")
def without_rich(tmp_path_factory):
    """A folder for PYTHONPATH in which rich is something that cannot be imported."""
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "rich.py").write_text("raise ImportError('rich is not installed')")
    root = Path(__file__).resolve().parents[2]
    return os.pathsep.join([str(folder), str(root)])


@pytest.fixture
def closed_pipe():
    """The writing end of a pipe nobody reads any more, as after `| head -1`, where that is fast enough."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_without_rich_the_report_is_plain_text(gradcheck, without_rich):
    run = gradcheck(*ARGUMENTS, PYTHONPATH=without_rich)
    assert run.code == 0
    assert run.err == ""
    assert "The game: robot_one_step\n========================\n" in run.out
    assert max(map(len, run.out.splitlines())) <= plain.WIDTH
    assert "\x1b" not in run.out


def test_control_with_rich_it_is_not(report):
    run, _ = report(2000)
    assert "The game: robot ────" in run.out
    assert "\x1b" not in run.out  # a pipe has no colours


@pytest.mark.parametrize("rich", [True, False])
def test_a_reader_who_has_gone_ends_the_run_quietly(gradcheck, without_rich, rich, closed_pipe, tmp_path):
    variables = {} if rich else {"PYTHONPATH": without_rich}
    run = gradcheck(*ARGUMENTS, "--json", tmp_path / "report.json", stdout=closed_pipe, **variables)
    assert run.err == ""
    assert run.code == 141  # as a shell says of any other program; 1 would mean that a check failed
    assert (tmp_path / "report.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="There is no shell.")
def test_head_gets_its_first_line(gradcheck):
    command = f"'{sys.executable}' -m gradcheck {' '.join(map(str, ARGUMENTS))} | head -1"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["sh", "-c", command], cwd=root, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="There is no shell.")
def test_no_output_at_all_is_fine():
    command = f"'{sys.executable}' -m gradcheck {' '.join(map(str, ARGUMENTS))} >&-"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["sh", "-c", command], cwd=root, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Only Linux has a device that is always full.")
def test_a_full_disk_is_told(gradcheck):
    with Path("/dev/full").open("w") as full:
        run = gradcheck(*ARGUMENTS, stdout=full)
    assert run.code == 2
    [line] = run.err.splitlines()
    assert line.startswith("gradcheck: error: Expected a standard output that can be written")
    assert "No space left on device" in line


@pytest.mark.parametrize(("encoding", "rich"), [("ascii", True), ("cp1252", False)])
def test_letters_the_terminal_lacks_become_question_marks(gradcheck, without_rich, encoding, rich):
    variables = {} if rich else {"PYTHONPATH": without_rich}
    run = gradcheck(*ARGUMENTS, PYTHONIOENCODING=encoding, PYTHONUTF8="0", **variables)
    assert run.code == 0
    assert run.err == ""
    assert "PASSED: ?Y = ?R is proved" in run.out


def test_json_may_be_piped_on(gradcheck):
    if not Path("/dev/stdout").exists():
        pytest.skip("There is no /dev/stdout.")
    run = gradcheck(*ARGUMENTS, "--json", "/dev/stdout")
    assert run.code == 0
    assert run.out.startswith('{\n  "schema_version": 1,')
    assert "PASSED" in run.out
