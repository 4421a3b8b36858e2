"""A game that cannot be found ends with exit code 2 and one line that helps, before torch is imported."""

import os
from pathlib import Path

import pytest


def one_clear_line(run, *words):
    assert run.code == 2
    assert run.out == ""
    [line] = run.err.splitlines()
    assert line.startswith("gradcheck: error: Expected ")
    assert len(line) < 600
    for word in words:
        assert word in line


BAD = {
    "chess": ["the name of a game but got --game='chess'", "`python -m gradcheck games`", "gymnasium:ID"],
    "robt": ["Did you mean robot?"],
    "ROBOT": ["Did you mean robot"],
    "kuhn": ["Did you mean kuhn_poker or kuhn_self_play?"],
    "kuhn-poker": ["Did you mean kuhn_poker"],
    "": ["--game=''"],
    " ": ["--game=' '"],
    "games.yaml": ["Files end in .toml or .json"],
    ".": ["--game='.'"],
    "robot\nrobot": ["--game='robot\\nrobot'"],
    "a" * 5000: ["--game='aaaa"],
    "gymnasium:": ["a name after gymnasium:", "gymnasium:FrozenLake-v1"],
    "openspiel:": ["a name after openspiel:", "openspiel:kuhn_poker"],
    "Gymnasium:FrozenLake-v1": ["gymnasium:ID"],
}


@pytest.mark.parametrize("game", BAD, ids=lambda text: ascii(text[:20]))
def test_a_report_on_it(gradcheck, game):
    one_clear_line(gradcheck("report", f"--game={game}"), *BAD[game])


@pytest.mark.parametrize("name", ["kuhn", "chess", ""])
def test_a_description_of_it(gradcheck, name):
    run = gradcheck("games", name)
    one_clear_line(run, f"NAME={name!r}", "`python -m gradcheck games` lists the names.")


def test_no_file_is_made_and_torch_not_imported(gradcheck, tmp_path):
    run = gradcheck("report", "--game", "chess", "--json", tmp_path / "report.json", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in run.err.splitlines() if line.startswith("import time:")}
    assert run.code == 2
    assert "gradcheck.tree.sources.open_game" in imported
    assert "torch" not in imported
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("prefix", "library"), [("gymnasium", "gymnasium"), ("openspiel", "pyspiel")])
def test_a_library_that_is_not_installed_is_named(gradcheck, tmp_path, prefix, library):
    (tmp_path / f"{library}.py").write_text("raise ImportError('hidden')")
    run = gradcheck("report", "--game", f"{prefix}:anything", PYTHONPATH=path_with(tmp_path))
    one_clear_line(run, f"--game='{prefix}:anything'", f'pip install "gradcheck[{prefix}]"')


def path_with(folder):
    return os.pathsep.join([str(folder), str(Path(__file__).resolve().parents[2])])


def test_control_a_game_that_exists_gives_a_report(gradcheck):
    run = gradcheck("report", "--game", "stop_go", "--episodes", 100)
    assert run.err == ""
    assert run.code == 0
    with pytest.raises(AssertionError):
        one_clear_line(run)
