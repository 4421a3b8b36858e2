"""``check --help`` names every option, imports nothing heavy, and prints in any encoding."""

import pytest

HEAVY = {"hypothesis", "matplotlib", "numpy", "sympy", "torch"}
OPTIONS = {"LOSS", "--batch", "--accept", "--condition", "--collect", "--discount", "--policy", "--game", "--horizon"}
OPTIONS |= {"--learning-rate", "--seed", "--json", "--no-counterexample"}


def imported(run):
    return {line.rpartition("|")[2].strip() for line in run.err.splitlines() if line.startswith("import time:")}


def test_every_option_is_named(check):
    run = check("--help")
    assert (run.code, run.err) == (0, "")
    for option in OPTIONS:
        assert option in run.out


def test_conditions_are_named_as_they_are(check):
    from gradcheck.checking.conditions.registry import CONDITIONS

    assert len(CONDITIONS) == 7
    text = " ".join(check("--help").out.split())
    for name in CONDITIONS:
        assert name in text


def test_nothing_heavy_is_imported(check):
    run = check("--help", PYTHONPROFILEIMPORTTIME="1")
    assert "argparse" in imported(run)
    assert imported(run) & HEAVY == set()


def test_nothing_heavy_is_imported_before_paths_are_refused(check):
    run = check("losses.py:right", "--json", "missing/result.json", PYTHONPROFILEIMPORTTIME="1")
    assert run.code == 2
    assert imported(run) & HEAVY == set()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_it_prints_in_any_encoding(check, encoding):
    run = check("--help", PYTHONUTF8="0", PYTHONIOENCODING=encoding)
    assert (run.code, run.err) == (0, "")


def test_control_a_check_imports_torch(check):
    assert "torch" in imported(check("losses.py:rigth", PYTHONPROFILEIMPORTTIME="1"))
