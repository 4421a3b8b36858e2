"""What importing ``gradcheck`` sets up besides its names: a way to the pytest plugin, and a word on missing links."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

from gradcheck._lazy import LazyPackage

TYPE_CHECKING = False  # importing `typing` for it would take as long as everything else here
if TYPE_CHECKING:
    import pytest


class Package(LazyPackage):
    """The class of the module ``gradcheck``: a lazy package that brings a pytest plugin.

    The entry point for pytest is ``gradcheck:__class__``. Where a project has a ``gradcheck.py`` of its own, pytest
    may find that file first. Its class is the class of all modules, which has nothing for pytest, and the project's
    tests run. An entry point ``gradcheck.pytest_plugin`` would not be found there, and no test would run at all.
    """

    @staticmethod
    def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
        """Load the plugin; pytest calls this as soon as it has loaded the entry point."""
        pluginmanager.import_plugin("gradcheck.pytest_plugin")


def set_up(package: str) -> None:
    """Give the package its class, if the folders are there that its repository keeps elsewhere and links to.

    Args:
        package: its ``__name__``; called while its ``__init__.py`` runs.

    Raises:
        ImportError: if the symbolic links were not made when the repository was checked out.
    """
    module = sys.modules[package]
    for name in ("tree", "estimators"):
        if PathFinder.find_spec(f"{package}.{name}", module.__path__) is None:
            raise ImportError(
                f"gradcheck/{name} is a symbolic link to ../{name} in the repository, and is missing here: run "
                "`git config core.symlinks true` and `git checkout -- gradcheck` (on Windows, in developer mode), or "
                "install a wheel or a source distribution."
            )
    module.__class__ = Package
