"""`help`, `import *`, `dir`, completion and pydoc work with SymPy, NumPy and torch alone; what needs more says so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gradcheck

ROOT = Path(__file__).resolve().parents[1]

#: Every optional library, as it is imported.
OPTIONAL = ("flint", "gymnasium", "hypothesis", "matplotlib", "numba", "pyspiel", "pytest", "rich", "tomli_w")

# As a file `sitecustomize.py` it runs before anything else.
BLOCKER = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Run Python with these arguments where no optional library can be imported."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "sitecustomize.py").write_text(BLOCKER)

    def run(*arguments):
        variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)

    return run


def output_of(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def help_page(python):
    return output_of(python("-c", "import gradcheck\nhelp(gradcheck)"))


@pytest.mark.parametrize("library", OPTIONAL)
def test_control_the_optional_libraries_are_missing(python, library):
    done = python("-c", f"import {library}")
    assert done.returncode == 1
    assert f"No module named '{library}'" in done.stderr


def test_help_describes_every_public_name(help_page):
    assert help_page.startswith("Help on package gradcheck:")
    for section in ("NAME", "PACKAGE CONTENTS", "CLASSES", "FUNCTIONS", "DATA", "VERSION"):
        assert f"\n{section}\n" in help_page
    for name in gradcheck.__all__:
        assert re.search(rf"^    (class )?{name}\b", help_page, re.MULTILINE), name


def test_pydoc_shows_the_same_page(python, help_page):
    assert without_addresses(output_of(python("-m", "pydoc", "gradcheck"))) == without_addresses(help_page)


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def test_import_star_and_dir_give_names_that_can_all_be_looked_up(python):
    code = """
from gradcheck import *
import gradcheck, inspect
assert set(gradcheck.__all__) <= set(globals())
assert [name for name, _ in inspect.getmembers(gradcheck)] == dir(gradcheck)
"""
    output_of(python("-c", code))


def test_completion_offers_every_public_name(python):
    code = """
import rlcompleter, gradcheck
completer = rlcompleter.Completer({"gradcheck": gradcheck})
offered = []
while (match := completer.complete("gradcheck.", len(offered))) is not None:
    offered.append(match.partition("(")[0].removeprefix("gradcheck."))
assert set(offered) >= set(gradcheck.__all__), set(gradcheck.__all__) - set(offered)
assert completer.complete("gradcheck.strategies.robot_", 0).startswith("gradcheck.strategies.robot_games(")
assert completer.complete("gradcheck.__ver", 0) == "gradcheck.__version__"
"""
    output_of(python("-c", code))


@pytest.mark.parametrize(
    "call", ["rewards()", "games()", "robot_games()", "policies(robot())", "episodes(robot())"], ids=str
)
def test_a_strategy_says_that_it_needs_hypothesis(python, call):
    done = python("-c", f"from gradcheck.strategies import *\nfrom gradcheck.games import robot\n{call}")
    assert done.returncode == 1
    assert done.stderr.endswith("ImportError: gradcheck.strategies needs Hypothesis: pip install hypothesis\n")
