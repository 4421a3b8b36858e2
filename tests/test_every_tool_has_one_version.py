"""What runs before a commit has the versions of constraints.txt, and whatever can be installed has a version there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
BEFORE_A_COMMIT = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(text):
    """{(name, version)} of every `name==version` of a text, without its extras."""
    every = re.findall(r"""^([\w.-]+)==([\w.]+)$|"([\w.-]+)(?:\[\w+\])?==([\w.]+)\"""", text, flags=re.MULTILINE)
    return {(line or quoted, version or other) for line, version, quoted, other in every}


def test_before_a_commit_as_in_the_constraints():
    assert {name for name, _ in pins(BEFORE_A_COMMIT)} == {"pre-commit-hooks", "pyright", "ruff"}
    assert pins(BEFORE_A_COMMIT) <= pins(CONSTRAINTS)
    assert BEFORE_A_COMMIT.count("additional_dependencies") == BEFORE_A_COMMIT.count("- id: ")


def test_everything_that_can_be_installed_has_a_version():
    extras = PROJECT["optional-dependencies"].values()
    wanted = {
        re.match(r"[\w-]+", one)[0] for one in [*PROJECT["dependencies"], *(one for row in extras for one in row)]
    }
    pinned = [name for name, _ in pins(CONSTRAINTS)]
    assert wanted <= set(pinned)
    assert len(pinned) == len(set(pinned)) == len(re.findall("==", CONSTRAINTS))


def test_control_another_version_would_be_noticed():
    assert not pins(BEFORE_A_COMMIT.replace('"ruff==', '"ruff==9')) <= pins(CONSTRAINTS)
    assert not pins(BEFORE_A_COMMIT) <= pins(CONSTRAINTS.replace("pyright==", "pyright==9"))
