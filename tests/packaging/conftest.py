"""Throw-away environments, the distribution, and dm-tree: what the packaging tests share."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("pyproject.toml", "README.md", "LICENSE", "gradcheck", "estimators", "tree")

# Each probe is a program that ends with exit code 0 when its distribution works.
PROBES = {
    "dm-tree": """
        import importlib.metadata, pathlib, tree
        theirs = importlib.metadata.distribution("dm-tree").locate_file("tree/__init__.py")
        assert pathlib.Path(tree.__file__).samefile(theirs), tree.__file__
        assert tree.map_structure(lambda leaf: leaf + 1, {"a": [1, 2]}) == {"a": [2, 3]}
    """,
    "gradcheck": """
        import gradcheck
        from tree.game import TabularGame
        assert TabularGame.__module__ == "tree.game", TabularGame.__module__
    """,
    "bare tree.game": """
        import tree.game
        assert tree.game.TabularGame
    """,
}


class Environment:
    """A virtual environment; the pip of the running interpreter acts on it, which saves installing one."""

    def __init__(self, folder, wheelhouse):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.wheelhouse = wheelhouse
        self.empty_folder = folder / "empty"
        self.empty_folder.mkdir()

    def pip(self, *arguments):
        """Runs pip on this environment, offline: what it may need lies in the wheelhouse."""
        if arguments[0] == "install":
            arguments = ("install", "--no-compile", *arguments[1:])
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheelhouse)}
        command = [sys.executable, "-m", "pip", "--quiet", "--python", str(self.python), *map(str, arguments)]
        done = run(command, cwd=self.empty_folder, extra_variables=offline)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *arguments, cwd=None, path=()):
        """Runs its Python with nothing inherited on the path, by default in an empty folder."""
        variables = {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else {}
        command = [str(self.python), *map(str, arguments)]
        return run(command, cwd=cwd or self.empty_folder, extra_variables=variables)

    def works(self, probe, **options):
        """Whether the named probe ends well in a fresh process without the working folder on its path."""
        return Outcome(self.run("-P", "-c", dedented(PROBES[probe]), **options))

    def install_dm_tree(self):
        self.pip("install", "dm-tree")


class Outcome:
    """True when the process ended with 0; in a failed assertion it shows what the process wrote."""

    def __init__(self, done):
        self.done = done

    def __bool__(self):
        return self.done.returncode == 0

    def __repr__(self):
        return f"exit code {self.done.returncode}\n{self.done.stdout}{self.done.stderr}"


def dedented(code):
    return "\n".join(line.removeprefix("        ") for line in code.splitlines())


def run(command, cwd, extra_variables):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        command, cwd=cwd, env=inherited | extra_variables, capture_output=True, text=True, check=False
    )


def copy_of_the_project(folder):
    """What is built and tested, without caches or earlier builds; no test writes into the checkout."""
    folder.mkdir()
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory):
    """Newest dm-tree, pytest and the build backend, with what they need: the one use of the registry."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    done = run([*command, "dm-tree", "pytest", *requirements], cwd=folder, extra_variables={})
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def build_wheel(wheelhouse, tmp_path_factory):
    """From a project folder or an sdist to the wheel built of it."""

    def build(source):
        folder = tmp_path_factory.mktemp("wheel")
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            folder,
            source,
        ]
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse)}
        done = run([str(word) for word in command], cwd=folder, extra_variables=offline)
        assert done.returncode == 0, done.stdout + done.stderr
        (wheel,) = folder.glob("*.whl")
        return wheel

    return build


@pytest.fixture
def project(tmp_path):
    """A copy of the project that a test may change, install in place or run from."""
    return copy_of_the_project(tmp_path / "project")


@pytest.fixture(scope="session")
def wheel(build_wheel, tmp_path_factory):
    return build_wheel(copy_of_the_project(tmp_path_factory.mktemp("source") / "project"))


@pytest.fixture
def environment(wheelhouse, tmp_path):
    return Environment(tmp_path / "environment", wheelhouse)


@pytest.fixture(scope="session")
def dm_tree_environment(wheelhouse, tmp_path_factory):
    """dm-tree alone; for tests that install nothing more."""
    environment = Environment(tmp_path_factory.mktemp("dm-tree") / "environment", wheelhouse)
    environment.install_dm_tree()
    return environment


@pytest.fixture(scope="session")
def shared_environment(wheelhouse, wheel, tmp_path_factory):
    """dm-tree and our wheel in one site-packages folder; for tests that install nothing more."""
    environment = Environment(tmp_path_factory.mktemp("shared") / "environment", wheelhouse)
    environment.install_dm_tree()
    environment.pip("install", "--no-deps", wheel)
    return environment
