"""Runs of the command line, each shared by every test that looks at it: one takes seconds."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = {name: value for name, value in os.environ.items() if name not in {"PYTHONIOENCODING", "COLUMNS"}}


class Run(NamedTuple):
    """How a run ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def gradcheck():
    """``gradcheck("report", "--seed", "1")`` runs ``python -m gradcheck report --seed 1``."""

    def run(*arguments, stdout=subprocess.PIPE, **variables):
        environment = VARIABLES | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | variables
        command = [sys.executable, "-W", "error", "-m", "gradcheck", *map(str, arguments)]
        done = subprocess.run(
            command,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=environment,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def report(gradcheck, tmp_path_factory):
    """``report(2000, seed)`` gives the run, and the bytes of its JSON; the same arguments are run once."""

    @cache
    def run(episodes, seed, attempt):
        path = tmp_path_factory.mktemp("report") / "report.json"
        done = gradcheck("report", "--episodes", episodes, "--seed", seed, "--json", path)
        return done, path.read_bytes()

    return lambda episodes, seed=0, attempt=1: run(episodes, seed, attempt)


@pytest.fixture(scope="session")
def document(report):
    """The JSON of 2000 episodes, seed 0."""
    return json.loads(report(2000)[1])
