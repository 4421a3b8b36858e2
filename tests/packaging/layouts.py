"""Sixteen projects of other people, each with a module or a folder whose name gradcheck uses or once used.

The suite of each passes some tests and fails one, so that an outcome has something to differ in. Every suite imports
the name in question in its own process, because that is where an installed plugin can get in its way.
"""

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Layout:
    """A project: its files by path, and how its suite ends under ``python -m pytest`` with nothing else installed."""

    name: str
    files: dict[str, str]
    exit_code: int
    passed: int
    failed: int
    errors: int = 0

    def write(self, folder):
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(dedent(text), encoding="utf-8")
        return folder


HALF = "def half(number):\n    return number / 2\n"
SCRIPT = f"{HALF}\n\nif __name__ == '__main__':\n    print(half(3))\n"
RAISES = "raise RuntimeError('not ready to be imported')\n"


def suite(module):
    """Two tests that pass and one that fails."""
    return f"""
        import pytest
        import {module}

        @pytest.mark.parametrize("number", [2, 4])
        def test_half(number):
            assert {module}.half(number) == number // 2

        def test_wrong():
            assert {module}.half(3) == 1
        """


def script_suite(module):
    """The same, and the script in processes of its own."""
    return (
        suite(module)
        + f"""
        def test_as_a_script(pytestconfig):
            import subprocess, sys

            for command in (["{module}.py"], ["-m", "{module}"]):
                printed = subprocess.check_output([sys.executable, *command], cwd=pytestconfig.rootpath, text=True)
                assert printed == "1.5\\n"
        """
    )


def on_the_path(folder, options=""):
    """The configuration of a project whose tests find its modules in a folder."""
    return f"[tool.pytest.ini_options]\npythonpath = ['{folder}']\naddopts = '{options}'\n"


def in_src(files):
    """The same modules in the folder ``src``."""
    return {f"src/{path}": text for path, text in files.items()} | {"pyproject.toml": on_the_path("src")}


# The folder with conftest.py is put on the path; so is the one above a package of tests; so is that of the tests.
BY_CONFTEST = {"conftest.py": ""}
PACKAGED_TESTS = {"tests/__init__.py": ""}

ESTIMATORS = {"estimators/__init__.py": "from estimators.linear import half as half\n", "estimators/linear.py": HALF}
TREE = {"tree/__init__.py": "from tree.leaves import half as half\n", "tree/leaves.py": HALF}

LAYOUTS = (
    Layout(
        "estimators package, flat",
        ESTIMATORS | BY_CONFTEST | {"tests/test_it.py": suite("estimators.linear")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "estimators package, src",
        in_src(ESTIMATORS) | {"tests/test_it.py": suite("estimators")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "estimators module, flat",
        {"estimators.py": HALF} | PACKAGED_TESTS | {"tests/test_it.py": suite("estimators")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "estimators module, src",
        in_src({"estimators.py": HALF}) | {"tests/test_it.py": suite("estimators")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "estimators script",
        {"estimators.py": SCRIPT, "test_it.py": script_suite("estimators")},
        exit_code=1,
        passed=3,
        failed=1,
    ),
    Layout(
        "estimators broken",
        {"estimators/__init__.py": RAISES, "test_it.py": suite("estimators"), "test_rest.py": "def test_it(): pass\n"},
        exit_code=2,  # a file of tests cannot be collected
        passed=0,
        failed=0,
        errors=1,
    ),
    Layout(
        "tree package, flat, with its tests inside",
        TREE | {"tree/tests/__init__.py": "", "tree/tests/test_it.py": suite("tree.leaves")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "tree package, src",
        in_src(TREE) | {"tests/test_it.py": suite("tree")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "tree module, flat, with doctests",
        {
            "tree.py": '"""\n>>> half(2)\n1.0\n"""\n' + HALF,
            "tests/test_it.py": suite("tree"),
            "pyproject.toml": on_the_path(".", "--doctest-modules"),
        },
        exit_code=1,
        passed=3,
        failed=1,
    ),
    Layout(
        "tree module, src",
        in_src({"tree.py": HALF}) | {"tests/test_it.py": suite("tree")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "tree script",
        {"tree.py": SCRIPT, "test_it.py": script_suite("tree")},
        exit_code=1,
        passed=3,
        failed=1,
    ),
    Layout(
        "tree namespace, flat",
        {"tree/leaves.py": HALF} | BY_CONFTEST | {"tests/test_it.py": suite("tree.leaves")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "tree namespace, src",
        in_src({"tree/leaves.py": HALF}) | {"tests/test_it.py": suite("tree.leaves")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "tree broken",
        {
            "tree.py": RAISES,
            "test_it.py": """
                import pytest

                def test_it_raises():
                    with pytest.raises(RuntimeError, match="not ready"):
                        import tree

                def test_wrong():
                    import tree
                """,
        },
        exit_code=1,
        passed=1,
        failed=1,
    ),
    Layout(
        "gradcheck module, flat",
        {"gradcheck.py": HALF, "pyproject.toml": on_the_path("."), "tests/test_it.py": suite("gradcheck")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
    Layout(
        "gradcheck module, src",
        in_src({"gradcheck.py": HALF}) | {"tests/test_it.py": suite("gradcheck")},
        exit_code=1,
        passed=2,
        failed=1,
    ),
)
