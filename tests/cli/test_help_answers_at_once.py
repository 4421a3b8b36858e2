"""Claim: ``--help`` answers at both levels with exit code 0, names every option, and writes nothing to stderr."""

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


def test_control_what_is_no_help_does_not_exit_with_0(gradcheck):
    assert gradcheck("report", "--halp").code == 2
