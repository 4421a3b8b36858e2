"""Where nothing is checked the plugin imports nothing heavy, prints nothing, and can be switched off."""

import json
import os
import sys
import tomllib

import pytest

from tests.check.in_use.conftest import ROOT, start

PLAIN = "def test_nothing():\n    pass\n"
REGISTERED = """
def test_it(request):
    print("registered", request.config.pluginmanager.has_plugin("gradcheck"))
"""
USES = "def test_it(gradcheck_loss):\n    pass\n"
MARKED = "import pytest\n\n\n@pytest.mark.gradcheck(1)\ndef test_it(gradcheck_loss):\n    pass\n"

SWITCHED_OFF = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins are loaded if named by -p

# The class and the lazy names of the package come with the package.
LIGHT = {"gradcheck", "gradcheck._lazy", "gradcheck._package", "gradcheck.pytest_plugin"}

# Loaded by `-p spy`, before any plugin that is installed.
SPY = """
import sys


class Spy:
    names = set()

    def find_spec(self, name, path=None, target=None):
        self.names.add(name)


def pytest_unconfigure():
    print("imported", *sorted(Spy.names))


sys.meta_path.insert(0, Spy())
"""

FINDS_ITS_OWN = """
import sys

assert not any(name.partition(".")[0] == "gradcheck" for name in sys.modules), "the name is taken"
import gradcheck


def test_it():
    assert gradcheck.number == 7
"""


@pytest.fixture(scope="module")
def names_imported(run_pytest, entry_point, tmp_path_factory):
    """``names_imported("-v")``: of all modules that pytest and its plugins import while one test runs that does not."""
    folder = tmp_path_factory.mktemp("spy")
    (folder / "spy.py").write_text(SPY, encoding="utf-8")

    def names(*arguments):
        path = f"{entry_point}{os.pathsep}{folder}"
        run, _ = run_pytest(PLAIN, "-p", "spy", *arguments, PYTHONPATH=path)
        assert run.code == 0, run.out + run.err
        (line,) = (line for line in run.out.splitlines() if line.startswith("imported "))
        return set(line.split()[1:])

    return names


def test_loading_it_imports_the_plugin_and_the_empty_package(names_imported):
    added = names_imported() - names_imported("-p", "no:gradcheck")
    assert {"gradcheck", "gradcheck.pytest_plugin"} <= added <= LIGHT


def test_control_what_else_is_imported_would_be_noticed(names_imported):
    added = names_imported("--gradcheck-report=out.json") - names_imported("-p", "no:gradcheck")
    assert "gradcheck.tree.sources.text_files" in added - LIGHT


def test_a_gradcheck_py_beside_the_tests_is_the_one_they_import(run_pytest):
    run, folder = run_pytest(PLAIN)
    (folder / "gradcheck.py").write_text("number = 7\n", encoding="utf-8")
    (folder / "test_losses.py").write_text(FINDS_ITS_OWN, encoding="utf-8")
    # The folder with our package is on PYTHONPATH; that of the tests comes before it once they are imported.
    loaded = ("-p", "no:cacheprovider", "-p", "gradcheck.pytest_plugin")
    run = start(folder, "-P", "-m", "pytest", *loaded, **SWITCHED_OFF)
    assert run.code == 0, run.out + run.err


@pytest.fixture
def declared(tmp_path):
    """A folder that makes the entry point in pyproject.toml known to pytest, under the name ``declared``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    value = project["entry-points"]["pytest11"]["gradcheck"]
    metadata = tmp_path / "declared-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: declared\nVersion: 0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\ndeclared = {value}\n", encoding="utf-8")
    return str(tmp_path)


def test_the_entry_point_that_is_declared_brings_the_fixture(run_pytest, declared):
    run, _ = run_pytest(USES, "-p", "declared", PYTHONPATH=declared, **SWITCHED_OFF)
    assert run.code == 0, run.out + run.err


def test_naming_the_plugin_as_well_does_no_harm(run_pytest, declared):
    arguments = ("-p", "gradcheck.pytest_plugin", "-p", "declared")
    run, _ = run_pytest(USES, *arguments, PYTHONPATH=declared, **SWITCHED_OFF)
    assert run.code == 0, run.out + run.err


def test_control_with_neither_there_is_no_fixture(run_pytest, declared):
    run, _ = run_pytest(USES, PYTHONPATH=declared, **SWITCHED_OFF)
    assert run.code == 1
    assert "fixture 'gradcheck_loss' not found" in run.out


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
    run, _ = run_pytest(REGISTERED, "-s", "-p", "no:gradcheck")
    assert "registered False" in run.out


def test_control_switched_on_the_fixture_is_there(run_pytest):
    assert run_pytest(USES)[0].code == 0
    assert "registered True" in run_pytest(REGISTERED, "-s")[0].out


def test_without_an_entry_point_it_is_loaded_by_name(run_pytest):
    run, _ = run_pytest(USES, "-p", "gradcheck.pytest_plugin", PYTHONPATH="", **SWITCHED_OFF)
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
