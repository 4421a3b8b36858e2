"""Throw-away environments and the distribution: what the packaging tests share.

The environments hold no torch, no NumPy and no SymPy, except where a test says so: what is tested is what installing
gradcheck does to other people's projects, and the plugin must need none of them.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEWEST, PREVIOUS = "pytest>=9", "pytest<9"
IN_A_CHECKOUT_ONLY = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")


class Environment:
    """A virtual environment; the pip of the running interpreter acts on it, which saves installing one."""

    def __init__(self, folder, wheelhouse):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.wheelhouse = wheelhouse
        self.scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / ("python.exe" if os.name == "nt" else "python")
        self.empty_folder = folder / "empty"
        self.empty_folder.mkdir()
        found = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        self.site_packages = Path(found.stdout.strip())

    def install(self, *requirements):
        self._pip("install", *requirements)

    def uninstall(self, name):
        self._pip("uninstall", "--yes", name)

    def _pip(self, *arguments):
        command = [sys.executable, "-m", "pip", "--quiet", "--python", self.python, *arguments]
        checked(run(command, self.empty_folder, offline(self.wheelhouse)))

    def run(self, *arguments, cwd=None, **variables):
        """Runs its Python with nothing inherited on the path, by default in an empty folder."""
        return run([self.python, *arguments], cwd or self.empty_folder, variables)


def run(command, cwd, variables):
    """Runs a command that writes no bytecode, so that no run finds what an earlier one has left."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    environment = inherited | {"PYTHONDONTWRITEBYTECODE": "1"} | variables
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def checked(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def offline(wheelhouse):
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse)}


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory):
    """dm-tree, pytest 8 and 9, pytest-xdist and the build backend, with what they need: the one use of the registry."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    build_backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    for requirements in ([NEWEST, "pytest-xdist", "dm-tree", *build_backend], [PREVIOUS]):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", folder]
        checked(run([*command, *requirements], folder, {}))
    return folder


@pytest.fixture(scope="session")
def make_environment(wheelhouse, tmp_path_factory):
    """``make_environment("pytest", ("--no-deps", wheel))``: an environment with these installed, one after another."""

    def make(*requirements):
        made = Environment(tmp_path_factory.mktemp("environment") / "venv", wheelhouse)
        for requirement in requirements:
            made.install(*([requirement] if isinstance(requirement, str | Path) else requirement))
        return made

    return make


@pytest.fixture(scope="session")
def copy_project(tmp_path_factory):
    """Makes a copy of the checkout that a test may build, change or install in place; links stay links."""

    def copy():
        folder = tmp_path_factory.mktemp("checkout") / "project"
        shutil.copytree(ROOT, folder, symlinks=True, ignore=IN_A_CHECKOUT_ONLY)
        return folder

    return copy


@pytest.fixture(scope="session")
def build_wheel(wheelhouse, tmp_path_factory):
    """From a project folder or a source distribution to the wheel built of it."""

    def build(source):
        folder = tmp_path_factory.mktemp("wheel")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source]
        checked(run(command, folder, offline(wheelhouse)))
        (wheel,) = folder.glob("*.whl")
        return wheel

    return build


@pytest.fixture(scope="session")
def wheel(build_wheel, copy_project):
    return build_wheel(copy_project())


@pytest.fixture(scope="session")
def source_distribution(make_environment, copy_project):
    project = copy_project()
    command = "from setuptools import build_meta; build_meta.build_sdist('dist')"
    checked(make_environment("setuptools").run("-c", command, cwd=project))
    (built,) = (project / "dist").glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def without_gradcheck(make_environment):
    """By the requirement of pytest: an environment with pytest and pytest-xdist alone."""
    return {version: make_environment((version, "pytest-xdist")) for version in (NEWEST, PREVIOUS)}


@pytest.fixture(scope="session")
def with_gradcheck(make_environment, wheel):
    """The same with our wheel."""
    return {
        version: make_environment((version, "pytest-xdist"), ("--no-deps", wheel)) for version in (NEWEST, PREVIOUS)
    }
