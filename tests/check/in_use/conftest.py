"""Runs of the command line and of pytest in folders of their own, as users start them."""

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNWANTED = {"PYTHONIOENCODING", "COLUMNS", "PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS"}
VARIABLES = {name: value for name, value in os.environ.items() if name not in UNWANTED}

LOSSES = """
from torch.distributions import Categorical


def right(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


def half(policy, episodes):
    return right(policy, episodes) / 2


def immediate(policy, episodes):
    log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
    return -(log_probs * episodes.rewards).sum() / episodes.num_episodes


def categorical(policy, episodes):
    log_probs = policy(episodes.observations).log_prob(episodes.actions)
    return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes


def raising(policy, episodes):
    return -episodes.reward.sum()  # there is no such field


number = 7
"""


class Run(NamedTuple):
    """How a run ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


def start(folder, *arguments, **variables):
    """``start(folder, "-m", "gradcheck", "--help")`` runs Python there: our packages, warnings as errors."""
    paths = (str(ROOT), variables.pop("PYTHONPATH", ""), os.environ.get("PYTHONPATH", ""))
    done = subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env=VARIABLES | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1"} | variables,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with ``losses.py`` in it."""
    made = tmp_path_factory.mktemp("losses")
    (made / "losses.py").write_text(LOSSES, encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def check(folder):
    """``check("losses.py:right", "--batch", 2)`` runs ``python -m gradcheck check …`` in the folder with the losses.

    The same arguments are run once.
    """

    @cache
    def run(arguments, variables):
        return start(folder, "-m", "gradcheck", "check", *arguments, **dict(variables))

    return lambda *arguments, **variables: run(arguments, tuple(variables.items()))


@pytest.fixture(scope="session")
def entry_point(tmp_path_factory):
    """A folder that makes the plugin known to pytest, as installing does; empty where it is installed already."""
    site = tmp_path_factory.mktemp("site")
    if not any(one.name == "gradcheck" for one in importlib.metadata.entry_points(group="pytest11")):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        (site / "gradcheck-0.dist-info").mkdir()
        lines = [f"{name} = {value}" for name, value in project["entry-points"]["pytest11"].items()]
        (site / "gradcheck-0.dist-info/entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
        (site / "gradcheck-0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: gradcheck\nVersion: 0\n")
    return site


@pytest.fixture(scope="session")
def run_pytest(tmp_path_factory, entry_point):
    """``run_pytest(source, "-v")`` runs pytest on a test file, as one who has installed gradcheck does.

    Gives the run and the folder it was in.
    """

    def run(source, *arguments, losses=LOSSES, **variables):
        made = tmp_path_factory.mktemp("inner")
        (made / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:syrupy\n")
        (made / "losses.py").write_text(losses, encoding="utf-8")
        (made / "test_losses.py").write_text(source, encoding="utf-8")
        variables = {"PYTHONPATH": str(entry_point)} | variables
        return start(made, "-m", "pytest", "-p", "no:cacheprovider", *arguments, **variables), made

    return run
