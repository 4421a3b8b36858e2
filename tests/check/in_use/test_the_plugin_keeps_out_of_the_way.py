"""Claim: where nothing is checked the plugin imports nothing heavy, prints nothing, and can be switched off."""

import json
import sys

import pytest

PLAIN = "def test_nothing():\n    pass\n"
MODULES = """
import sys


def test_modules(request):
    print("loaded", *sorted({"hypothesis", "matplotlib", "numpy", "sympy", "torch"} & set(sys.modules)))
    print("registered", request.config.pluginmanager.has_plugin("gradcheck"))
"""
USES = "def test_it(gradcheck_loss):\n    pass\n"
MARKED = "import pytest\n\n\n@pytest.mark.gradcheck(1)\ndef test_it(gradcheck_loss):\n    pass\n"


def test_nothing_heavy_is_imported_at_start_up(run_pytest):
    run, _ = run_pytest(MODULES, "-s", "-p", "no:hypothesispytest", "-p", "no:anyio")
    assert run.code == 0, run.out + run.err
    assert "registered True" in run.out
    loaded = next(line for line in run.out.splitlines() if "loaded" in line)
    assert "torch" not in loaded
    assert "sympy" not in loaded
    assert "matplotlib" not in loaded


def test_control_what_is_imported_would_be_noticed(run_pytest):
    run, _ = run_pytest(f"import torch\n{MODULES}", "-s")
    assert "torch" in next(line for line in run.out.splitlines() if "loaded" in line)


def test_where_nothing_is_checked_nothing_is_said(run_pytest):
    run, folder = run_pytest(PLAIN, "--gradcheck-report=out.json")
    assert run.code == 0
    assert "gradcheck" not in run.out.replace(str(folder), "").partition("collected")[2]
    assert json.loads((folder / "out.json").read_text()) == {"schema_version": 1, "checks": []}


def test_options_fixture_and_marker_are_documented(run_pytest):
    run, _ = run_pytest(PLAIN, "--help")
    assert "--gradcheck-seed=N" in run.out
    assert "--gradcheck-report=PATH" in run.out
    run, _ = run_pytest(PLAIN, "--markers")
    assert "@pytest.mark.gradcheck(accept=" in run.out
    run, _ = run_pytest(PLAIN, "--fixtures")
    assert "gradcheck_loss" in run.out


def test_it_can_be_switched_off(run_pytest):
    run, _ = run_pytest(USES, "-p", "no:gradcheck")
    assert run.code == 1
    assert "fixture 'gradcheck_loss' not found" in run.out
    run, _ = run_pytest(MODULES, "-s", "-p", "no:gradcheck")
    assert "registered False" in run.out


def test_control_switched_on_the_fixture_is_there(run_pytest):
    assert run_pytest(USES)[0].code == 0


def test_without_an_entry_point_it_is_loaded_by_name(run_pytest):
    run, _ = run_pytest(USES, "-p", "gradcheck.pytest_plugin", PYTHONPATH="", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert run.code == 0, run.out + run.err


@pytest.mark.parametrize(
    ("path", "words"),
    [("missing/out.json", "Make the folder first."), (".", "It is a folder.")],
    ids=["missing", "folder"],
)
def test_a_report_that_cannot_be_written_is_refused_before_any_test_runs(run_pytest, path, words):
    run, _ = run_pytest(PLAIN, f"--gradcheck-report={path}")
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert f"but got --gradcheck-report='{path}'" in run.err
    assert words in run.err
    assert "passed" not in run.out


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has a device that is always full.")
def test_a_report_that_could_not_be_written_is_an_error_at_the_end(run_pytest):
    run, _ = run_pytest(PLAIN, "--gradcheck-report=/dev/full")
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "1 passed" in run.out
    assert "--gradcheck-report='/dev/full' (type=str). No space left on device." in run.out


def test_a_marker_with_positional_arguments_is_refused(run_pytest):
    run, _ = run_pytest(MARKED)
    assert run.code == 1
    assert "Expected keyword arguments only but got pytest.mark.gradcheck=(1,)" in run.out
