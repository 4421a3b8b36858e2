"""``--help`` answers at both levels with exit code 0, names every option, and writes nothing to stderr; and the
list of commands is shown without importing what their options need."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--help",), ["usage: gradcheck", "report"]),
        (("-h",), ["usage: gradcheck", "report"]),
        (("report", "--help"), ["usage: gradcheck report", "--game", "--episodes", "--seed", "--json", "Exits with 0"]),
    ],
)
def test_help(gradcheck, arguments, words):
    run = gradcheck(*arguments)
    assert run.code == 0
    assert run.err == ""
    for word in words:
        assert word in run.out


def own_modules(run):
    """Those of gradcheck that an ``import`` statement imported; Python does not tell of ``import_module``."""
    lines = [line for line in run.err.splitlines() if line.startswith("import time:")]
    return {name for line in lines if (name := line.rpartition("|")[2].strip()).startswith("gradcheck")}


def test_the_list_of_commands_imports_nothing_that_options_need(gradcheck):
    modules = own_modules(gradcheck("--help", PYTHONPROFILEIMPORTTIME="1"))
    assert {"gradcheck.cli.main", "gradcheck.tree.errors"} <= modules
    assert len(modules) < 12
    needed = ("gradcheck.checking", "gradcheck.document", "gradcheck.tree.games", "gradcheck.tree.sources")
    assert not {name for name in modules if name.startswith(needed)}


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("check", "gradcheck.checking.options"),
        ("report", "gradcheck.tree.sources.registry"),
        ("games", "gradcheck.tree.games.catalogue"),
    ],
)
def test_control_the_options_of_a_command_import_what_they_need(gradcheck, command, needed):
    assert needed in own_modules(gradcheck(command, "--help", PYTHONPROFILEIMPORTTIME="1"))


def test_control_what_is_no_help_does_not_exit_with_0(gradcheck):
    assert gradcheck("report", "--halp").code == 2
