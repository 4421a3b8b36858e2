"""The suite of any project ends alike with gradcheck installed as without, however pytest is started.

An outcome is the exit code, and what became of each test by its name. The controls are a plugin that keeps the names
for itself, as gradcheck did when it installed `tree` and `estimators`, and the entry point that names the module of
the plugin, as one would without thinking of a `gradcheck.py`.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.packaging.conftest import NEWEST, PREVIOUS, run
from tests.packaging.layouts import HALF, LAYOUTS, Layout, suite

pytestmark = pytest.mark.packaging

MODULE = ("-m", "pytest")  # puts the working folder on the path; None: the command `pytest`, which does not
MEDDLER = """
import sys, types

for name in ("estimators", "gradcheck", "tree"):
    sys.modules[name] = types.ModuleType(name)
"""


class Outcome(NamedTuple):
    exit_code: int
    tests: tuple

    def count(self, result):
        return sum(1 for _, became in self.tests if became == result)


@pytest.fixture(scope="module")
def outcomes_without(without_gradcheck, projects, outcomes):
    """By how pytest is started: each set of runs is made once."""
    return cache(lambda version, start, options=(): outcomes(without_gradcheck[version], projects, start, options))


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    return {layout.name: layout.write(tmp_path_factory.mktemp("project")) for layout in LAYOUTS}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """``outcomes(environment, folders, start, options)``: by name, two projects at a time."""
    reports = tmp_path_factory.mktemp("reports")
    numbers = itertools.count()

    def outcome(environment, folder, start, options):
        report = reports / f"{next(numbers)}.xml"
        command = [environment.python, *start] if start else [environment.scripts / "pytest"]
        done = run([*command, "-p", "no:cacheprovider", f"--junitxml={report}", *options], folder, {})
        if not report.exists():
            return Outcome(done.returncode, (("pytest did not start", done.stderr[-2000:]),))
        cases = ElementTree.parse(report).iter("testcase")
        return Outcome(done.returncode, tuple(sorted((name_of(case), result_of(case)) for case in cases)))

    def run_all(environment, folders, start, options=()):
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(lambda folder: outcome(environment, folder, start, options), folders.values())
            return dict(zip(folders, found, strict=True))

    return run_all


def name_of(case):
    return f"{case.get('classname')}::{case.get('name')}"


def result_of(case):
    return next((child.tag for child in case if child.tag in {"error", "failure", "skipped"}), "passed")


@pytest.mark.parametrize(
    "way",
    [
        pytest.param((NEWEST, None), id="pytest"),
        pytest.param((NEWEST, MODULE), id="python -m pytest"),
        pytest.param((NEWEST, None, ("--import-mode=importlib",)), id="importlib"),
        pytest.param((NEWEST, MODULE, ("-n", "2")), id="xdist"),
        pytest.param((PREVIOUS, None), id="pytest 8"),
        pytest.param((PREVIOUS, MODULE), id="python -m pytest 8"),
    ],
)
def test_each_suite_ends_as_without(way, outcomes_without, with_gradcheck, projects, outcomes):
    version, *how = way
    assert outcomes(with_gradcheck[version], projects, *how) == outcomes_without(*way)


def test_each_suite_ends_as_without_where_gradcheck_is_installed_in_place(
    outcomes_without, make_environment, copy_project, projects, outcomes
):
    in_place = make_environment((NEWEST, "pytest-xdist"), ("--no-deps", "--editable", copy_project()))
    assert outcomes(in_place, projects, MODULE) == outcomes_without(NEWEST, MODULE)


def test_there_is_something_to_differ_in(outcomes_without):
    found = outcomes_without(NEWEST, MODULE)
    assert len(found) == len(LAYOUTS) == 16
    for layout in LAYOUTS:
        outcome = found[layout.name]
        counts = (outcome.exit_code, *(outcome.count(result) for result in ("passed", "failure", "error")))
        assert counts == (layout.exit_code, layout.passed, layout.failed, layout.errors), layout.name


@pytest.mark.parametrize("version", [NEWEST, PREVIOUS], ids=["pytest", "pytest 8"])
def test_the_plugin_is_loaded_unless_a_gradcheck_py_is_found_first(version, with_gradcheck, projects):
    for name in ("tree module, flat, with doctests", "gradcheck module, flat"):
        done = with_gradcheck[version].run("-m", "pytest", "--help", cwd=projects[name])
        assert ("--gradcheck-report" in done.stdout) == name.startswith("tree"), name


def test_control_a_plugin_that_keeps_the_names_is_noticed_everywhere(
    outcomes_without, make_environment, projects, outcomes
):
    meddled = make_environment((NEWEST, "pytest-xdist"))
    install_plugin(meddled.site_packages, "meddler", MEDDLER)
    without = outcomes_without(NEWEST, MODULE)
    found = outcomes(meddled, projects, MODULE)
    assert [name for name in projects if found[name] == without[name]] == []


def install_plugin(site_packages, name, source):
    (site_packages / f"{name}.py").write_text(source)
    metadata = site_packages / f"{name}-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n")


def test_control_the_obvious_entry_point_would_stop_projects_with_a_gradcheck_py(
    make_environment, wheel, projects, outcomes
):
    environment = make_environment((NEWEST, "pytest-xdist"), ("--no-deps", wheel))
    (entry_points,) = environment.site_packages.glob("gradcheck-*.dist-info/entry_points.txt")
    declared = entry_points.read_text()
    assert "gradcheck:__class__" in declared
    entry_points.write_text(declared.replace("gradcheck:__class__", "gradcheck.pytest_plugin"))
    own = {name: folder for name, folder in projects.items() if name.startswith("gradcheck")}
    for outcome in outcomes(environment, own, MODULE).values():
        ((_, message),) = outcome.tests
        assert "'gradcheck' is not a package" in message


def test_limit_a_gradcheck_py_that_is_not_found_without_is_not_found_with(
    without_gradcheck, with_gradcheck, tmp_path, outcomes
):
    """The one difference: where a suite cannot import its own, since nothing puts it on the path, it imports ours."""
    files = {"gradcheck.py": HALF, "tests/test_it.py": suite("gradcheck")}
    folders = {"off the path": Layout("off the path", files, 1, 2, 1).write(tmp_path)}
    without = outcomes(without_gradcheck[NEWEST], folders, None)["off the path"]
    found = outcomes(with_gradcheck[NEWEST], folders, None)["off the path"]
    assert (without.count("error"), without.count("passed")) == (1, 0)
    assert (found.count("failure"), found.count("passed")) == (3, 0)


def test_limit_a_gradcheck_py_that_raises_stops_pytest_where_it_is_found_first(with_gradcheck, tmp_path, outcomes):
    """Python imports it when pytest asks for the plugin; `-p no:gradcheck` keeps pytest from asking."""
    files = {"gradcheck.py": "raise RuntimeError('not ready')\n", "test_it.py": "def test_it(): pass\n"}
    folders = {"broken": Layout("broken", files, 0, 1, 0).write(tmp_path)}
    (stopped,) = outcomes(with_gradcheck[NEWEST], folders, MODULE).values()
    assert stopped.tests[0][0] == "pytest did not start"
    for start, options in ((None, ()), (MODULE, ("-p", "no:gradcheck"))):
        (ran,) = outcomes(with_gradcheck[NEWEST], folders, start, options).values()
        assert (ran.exit_code, ran.count("passed")) == (0, 1)
