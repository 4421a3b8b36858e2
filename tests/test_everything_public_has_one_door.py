"""Every public name can be imported from ``gradcheck``, and is written down once: in the package's ``__init__.pyi``."""

import ast
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import gradcheck
from gradcheck import estimators
from gradcheck._lazy import make_lazy

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = pytest.mark.parametrize("package", [gradcheck, estimators], ids=lambda package: package.__name__)

#: The names that code outside this project relies upon.
PROMISED = {
    "Accept",
    "CheckResult",
    "ConditionName",
    "Episodes",
    "Game",
    "GradcheckError",
    "InvalidArgument",
    "ReferenceName",
    "SymbolicSums",
    "TabularGame",
    "TabularPolicy",
    "Verdict",
    "assert_consistent",
    "assert_proportional",
    "assert_unbiased",
    "check",
    "estimators",
    "expected_return",
    "games",
    "partials",
    "policy_gradient",
    "sample",
    "strategies",
    "symbolic_sums",
    "testing",
}


def listed(package):
    """(name, module) of every import in the stub, as Python itself reads it."""
    stub = ast.parse((Path(package.__file__).parent / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [line for line in stub.body if isinstance(line, ast.ImportFrom)]
    return [(name.name, line.module) for line in imports for name in line.names]


@PACKAGES
def test_every_listed_name_is_what_its_module_has(package):
    for name, module in listed(package):
        home = import_module(f"{module}.{name}") if module == package.__name__ else getattr(import_module(module), name)
        assert getattr(package, name) is home, name


@PACKAGES
def test_the_stub_is_the_only_list(package):
    names = [name for name, _ in listed(package)]
    assert len(set(names)) == len(names)
    assert package.__all__ == sorted(names)
    source = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    words |= {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    words |= {alias.name for node in ast.walk(source) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert "make_lazy" in words
    assert not words & set(names)


@PACKAGES
def test_dir_shows_the_public_names_and_what_every_module_has(package):
    assert [name for name in dir(package) if not name.startswith("__")] == package.__all__
    assert {"__all__", "__doc__", "__file__", "__name__", "__path__"} <= set(dir(package))
    for name in dir(package):
        getattr(package, name)


def test_what_is_promised_is_listed():
    assert set(gradcheck.__all__) >= PROMISED
    assert {"log_prob", "inverse_prob"} <= set(estimators.__all__)


def test_the_version_is_the_one_of_the_command_line_and_is_not_imported_by_star():
    assert "__version__" in dir(gradcheck)
    assert "__version__" not in gradcheck.__all__  # it would replace the version of whoever imports *
    command = [sys.executable, "-m", "gradcheck", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"gradcheck {gradcheck.__version__}\n"


@PACKAGES
def test_control_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nonsense'"):
        package.nonsense  # noqa: B018 - looking it up is the test


def test_every_public_name_has_a_docstring():
    for name in gradcheck.__all__:
        value = getattr(gradcheck, name)
        if typing.get_origin(value) is not typing.Literal:  # which cannot have one
            assert (value.__doc__ or "").strip(), name


# Names that a submodule is spelt like -----------------------------------------------------------------------------


IMPORT_EVERY_SUBMODULE = """
import pkgutil, sys
from importlib import import_module
import gradcheck

if sys.argv[1] == "names first":
    from gradcheck import *
modules = [found.name for found in pkgutil.walk_packages(gradcheck.__path__, "gradcheck.")]
modules = [name for name in modules if not name.endswith("__main__")]  # which would run the program
for name in modules:
    import_module(name)
assert len(modules) > 100 and {"gradcheck.checking.check", "gradcheck.tree.unroll"} <= set(modules)

names = [line.split() for line in open("gradcheck/__init__.pyi") if line.startswith("from ")]
for _, module, _, name, *_ in names:
    home = sys.modules[f"gradcheck.{name}"] if module == "gradcheck" else getattr(sys.modules[module], name)
    assert getattr(gradcheck, name) is home, name
for name in ("check", "unroll", "sample", "train", "partials"):
    assert type(getattr(gradcheck, name)).__name__ == "function", name
"""


@pytest.mark.parametrize("order", ["names first", "modules first"])
def test_public_names_are_the_same_once_every_submodule_is_imported(order):
    command = [sys.executable, "-c", IMPORT_EVERY_SUBMODULE, order]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def package_with_a_function_study_in_a_folder_study(tmp_path, monkeypatch):
    """Its name; its public function ``study`` lives in ``study/api.py``."""
    name = "package_under_test"
    (tmp_path / name / "study").mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "__init__.pyi").write_text(f"from {name}.study.api import study as study\n")
    (tmp_path / name / "study" / "__init__.py").write_text("")
    (tmp_path / name / "study" / "api.py").write_text("def study(): return 'studied'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.mark.parametrize("imported_before", [(), ("study",), ("study.api",)], ids=str)
def test_a_submodule_does_not_hide_the_function_that_is_spelt_like_it(
    imported_before, package_with_a_function_study_in_a_folder_study
):
    name = package_with_a_function_study_in_a_folder_study
    package = import_module(name)
    make_lazy(name)
    for module in imported_before:
        import_module(f"{name}.{module}")
    assert package.study() == "studied"
    assert import_module(f"{name}.study.api").study is package.study  # the module is still there, by its own name
    assert package.study() == "studied"


def test_control_a_submodule_hides_a_function_of_an_ordinary_package(package_with_a_function_study_in_a_folder_study):
    name = package_with_a_function_study_in_a_folder_study
    package = import_module(name)
    import_module(f"{name}.study.api")
    assert isinstance(package.study, ModuleType)


@pytest.mark.parametrize(
    "line",
    ["from math import pi", "from math import pi, e", "from math import (", "import math", "from math import pi as p"],
)
def test_control_a_line_the_loader_would_misread_is_refused(line, package_with_a_function_study_in_a_folder_study):
    name = package_with_a_function_study_in_a_folder_study
    stub = Path(import_module(name).__file__).with_suffix(".pyi")
    stub.write_text(f"{line}\n")
    with pytest.raises(ImportError, match="from MODULE import NAME as NAME"):
        make_lazy(name)


# The words of options -----------------------------------------------------------------------------------------------


def test_the_literal_of_conditions_lists_those_there_are():
    from gradcheck.checking.conditions.registry import CONDITIONS

    assert typing.get_args(gradcheck.ConditionName) == tuple(CONDITIONS)


@pytest.mark.parametrize("word", [str(verdict) for verdict in gradcheck.Verdict])
def test_the_literal_of_accept_lists_what_is_accepted(word):
    def check():
        return gradcheck.check(estimators.log_prob, gradcheck.games.bandit([0, 1]), batch=1, accept=word)

    if word in typing.get_args(gradcheck.Accept):
        assert check().verdict == "unbiased"
    else:
        with pytest.raises(gradcheck.InvalidArgument, match="got accept="):
            check()
