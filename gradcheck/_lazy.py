"""Public names, written once in a package's ``__init__.pyi`` and imported when they are first used.

``lazy_loader.attach_stub`` does the same, and is the model. It is not used, for three reasons: gradcheck depends on
SymPy, NumPy and torch alone; ``lazy_loader`` parses the stub with ``ast``, which takes 2 to 3 ms, several times as long
as everything else in ``import gradcheck``; and it lets a submodule hide a public name of the same spelling.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


class LazyPackage(ModuleType):  # not marked final: importing `typing` takes as long as all of `import gradcheck`
    """A package whose public names are imported when they are first used."""

    __all__: list[str]
    _module_of: dict[str, str]

    def __getattr__(self, name: str) -> object:
        """Import a public name, and keep it; called where the package does not have it yet."""
        if name not in self._module_of:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        module = self._module_of[name]
        if module == self.__name__:
            return import_module(f"{module}.{name}")  # which sets it as an attribute of the package
        value = getattr(import_module(module), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, unless a submodule would take the place of a public name.

        Python sets each submodule, once imported, as an attribute of its package: a package ``study/`` would hide a
        public function ``study``.
        """
        is_submodule = isinstance(value, ModuleType) and value.__name__ == f"{self.__name__}.{name}"
        if not (is_submodule and self._module_of.get(name, self.__name__) != self.__name__):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """The public names, imported or not, and what every module has: ``__doc__``, ``__version__`` and so on."""
        return sorted({*self.__all__, *(name for name in self.__dict__ if name.startswith("__"))})


def make_lazy(package: str) -> None:
    """Give a package the public names that its ``__init__.pyi`` lists.

    Args:
        package: its ``__name__``; called while its ``__init__.py`` runs.

    Raises:
        ImportError: for a line of the stub that imports, but not one name from one module.
    """
    module = sys.modules[package]
    read = module.__spec__.loader.get_data  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    module_of = dict(_imports(read(f"{module.__path__[0]}/__init__.pyi").decode()))
    module.__dict__.update(_module_of=module_of, __all__=sorted(module_of))
    module.__class__ = LazyPackage


def _imports(stub: str) -> list[tuple[str, str]]:
    """(name, module) of each line ``from MODULE import NAME as NAME``."""
    found = []
    for line in stub.splitlines():
        match line.split():
            case ["from", module, "import", name, "as", same] if same == name:
                found.append((name, module))
            case ["from" | "import", *_]:
                raise ImportError(f"a stub of public names has lines 'from MODULE import NAME as NAME', not {line!r}")
    return found
