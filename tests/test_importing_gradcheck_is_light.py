"""torch and SymPy take seconds to import: `--help` and the start of a test run must not pay for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"hypothesis", "matplotlib", "numpy", "sympy", "torch"}

# Runs even when the code leaves through SystemExit, as --help does.
PROBE = """
import json, sys
try:
{code}
finally:
    print(json.dumps(sorted(sys.modules)))
"""


def heavy_modules_after(code):
    indented = "\n".join(f"    {line}" for line in code.splitlines())
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROBE.format(code=indented)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return HEAVY & set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_gradcheck_imports_nothing_heavy():
    assert heavy_modules_after("import gradcheck") == set()


def test_importing_the_exact_side_s_games_imports_nothing_heavy():
    assert heavy_modules_after("import gradcheck\nimport gradcheck.tree.game") == set()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_on_the_command_line_import_nothing_heavy(option):
    run = f"import runpy\nsys.argv[1:] = ['{option}']\nrunpy.run_module('gradcheck', run_name='__main__')"
    assert heavy_modules_after(run) == set()


def test_listing_the_names_imports_nothing_heavy():
    assert heavy_modules_after("import gradcheck\ndir(gradcheck), gradcheck.__version__, gradcheck.__all__") == set()


def test_the_words_of_options_and_the_verdicts_import_nothing_heavy():
    words = "gradcheck.Accept, gradcheck.ConditionName, gradcheck.Verdict, gradcheck.InvalidArgument"
    assert heavy_modules_after(f"import gradcheck\n{words}") == set()


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_control_a_heavy_import_would_be_noticed(name):
    assert name in heavy_modules_after(f"import {name}")
