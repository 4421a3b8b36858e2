"""`python -m gradcheck` works in a folder with a `tree.py` and an `estimators.py`, and imports neither."""

import re
import sysconfig

import pytest

pytestmark = pytest.mark.packaging

RAISES = "raise RuntimeError('the wrong module')\n"


@pytest.fixture(scope="module")
def with_dependencies(make_environment, wheel):
    """Our wheel, and from the running interpreter whatever else the report needs."""
    environment = make_environment(("--no-deps", wheel))
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (environment.site_packages / "dependencies.pth").write_text("\n".join(folders))
    return environment


@pytest.fixture
def folder(tmp_path):
    for name in ("tree", "estimators"):
        (tmp_path / f"{name}.py").write_text(RAISES)
    return tmp_path


@pytest.mark.parametrize("arguments", [("--help",), ("games",), ("report", "--episodes", "1000")], ids=lambda it: it[0])
def test_it_prints_what_it_prints_in_an_empty_folder(arguments, with_dependencies, folder):
    beside = with_dependencies.run("-m", "gradcheck", *arguments, cwd=folder)
    alone = with_dependencies.run("-m", "gradcheck", *arguments)
    assert (beside.returncode, beside.stderr) == (0, "")
    assert without_seconds(beside.stdout) == without_seconds(alone.stdout)
    assert "usage: gradcheck" in alone.stdout or "robot" in alone.stdout


def without_seconds(text):
    return re.sub(r"[\d.]+ seconds", "", text)


def test_it_is_the_installed_one_that_runs(with_dependencies, folder):
    where = with_dependencies.run("-c", "import gradcheck.tree.unroll as it; print(it.__file__)", cwd=folder)
    assert where.stdout.startswith(str(with_dependencies.site_packages)), where.stderr


def test_control_a_module_that_is_imported_would_be_noticed(with_dependencies, folder):
    (folder / "sympy.py").write_text(RAISES)
    done = with_dependencies.run("-m", "gradcheck", "report", "--episodes", "1000", cwd=folder)
    assert done.returncode != 0
    assert "the wrong module" in done.stderr
