"""How long the command line and the import take, in processes of their own."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]


# What every pytest run of everybody who has gradcheck installed pays for.
LOAD_THE_PLUGIN = """
import time
import pytest

began = time.perf_counter()
import gradcheck.pytest_plugin

print(time.perf_counter() - began)
"""


def seconds(*arguments, rounds=7):
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, capture_output=True, env=dict(os.environ))
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def seconds_printed(code, rounds=7):
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True) for _ in range(rounds)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def test_start_up(table):
    bare = f"bare interpreter: {1e3 * seconds('-c', 'pass'):.0f} ms"
    table.cost("python -m gradcheck --help", "a clock", 1e3 * seconds("-m", "gradcheck", "--help"), 60, bare, " ms")
    table.cost("import gradcheck", "a clock", 1e3 * seconds("-c", "import gradcheck"), 40, bare, " ms")
    table.cost("loading the pytest plugin", "a clock", 1e3 * seconds_printed(LOAD_THE_PLUGIN), 15, "", " ms")
    torch = f"import torch: {seconds('-c', 'import torch', rounds=3):.2f} s"
    table.cost("python -m gradcheck report", "a clock", seconds("-m", "gradcheck", "report", rounds=5), 3, torch, " s")
