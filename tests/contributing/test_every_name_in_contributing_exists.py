"""Whatever CONTRIBUTING.md names in backticks, or links to, is there: files, folders, functions, words."""

import ast
import importlib.util
import re
import shlex
from functools import cache

import pytest

from tests.contributing.document import ROOT, TEXT, named_functions, section, spans, steps

STEPS = "From a loss to its verdict in ten steps"
#: What pytest and the shell are given; the first word of a command is looked at, the rest is theirs.
COMMANDS = (".venv/bin/python -m pytest", "-n auto", "-m ", "--snapshot-update")
#: Of the environment, not of the repository.
ELSEWHERE = {".venv"}


@cache
def defined(path):
    """Every name that a file defines: functions, classes with their methods, and constants."""
    names = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name) | ast.AnnAssign(target=ast.Name(name)):
                names.add(name)
            case ast.Assign(targets=[ast.Name(name)]):
                names.add(name)
            case ast.ClassDef(name, body=body):
                names.add(name)
                names |= {f"{name}.{inner.name}" for inner in body if isinstance(inner, ast.FunctionDef)}
                names |= {f"{name}.{inner.target.id}" for inner in body if isinstance(inner, ast.AnnAssign)}
    return names


@cache
def words_of_the_product():
    """Every identifier and every short text in the code."""
    words = set()
    for folder in ("gradcheck", "tree", "estimators"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            words |= set(re.findall(r"\w+", text)) | set(re.findall(r"@\w+", text))
    return words


def exists(span, base=ROOT):
    """Whether what stands in backticks is there."""
    path, _, names = span.partition(": ")
    if span.startswith(COMMANDS) or span in ELSEWHERE:
        return all((ROOT / word).exists() for word in shlex.split(span) if word.startswith("tests"))
    if names:
        file = (base / path).relative_to(ROOT) if (base / path).is_file() else None
        return file is not None and names in defined(file)
    if path.startswith("gradcheck."):
        return importlib.util.find_spec(path) is not None
    if "/" in path or re.search(r"\.\w{2,4}$", path):
        return (base / path).is_dir() if path.endswith("/") else (base / path).exists()
    return re.sub(r"\(.*\)$", "", path) in words_of_the_product() | {"from_", "data", "info"}


def missing(text=TEXT):
    """What is named, and is not there. Paths on the way to the verdict begin in the folder of checks."""
    way = section(STEPS, text)
    inside, outside = spans(way), spans(text.replace(way, ""))
    return [span for span in inside if not exists(span, ROOT / "gradcheck/checking") and not exists(span)] + [
        span for span in outside if not exists(span)
    ]


def test_what_is_named_exists():
    assert len(spans(TEXT)) > 100
    assert missing() == []


def test_what_is_linked_to_exists():
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    for path, _, heading in (target.partition("#") for target in targets):
        headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not heading or heading in {name.lower().replace(" ", "-") for name in headings}


def test_the_readme_links_here():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](CONTRIBUTING.md)" in section("For contributors", readme)


def test_the_folders_listed_are_those_there_are():
    listed = {span for span in spans(section("The house in one look")) if span.endswith("/")}
    for folder in ("tree", "estimators"):
        packages = {f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / folder).rglob("__init__.py")}
        assert packages <= listed, folder
    assert {"gradcheck/checking/", "gradcheck/causes/", "gradcheck/cli/", "tests/"} <= listed


@pytest.mark.parametrize(
    "text",
    [
        "`gradcheck/checking/no_such_file.py`",
        "`gradcheck/checking/judge.py: no_such_function`",
        "`gradcheck/checking/case.py: Condition.no_such_method`",
        "`no_such_folder/`",
        "`no_such_word_anywhere`",
        "`gradcheck.no_such_module`",
        "`-m packaging tests/no_such_folder`",
    ],
)
def test_control_what_is_not_there_is_noticed(text):
    assert missing(f"{text}\n\n## {STEPS}\n") == [text.strip("`")]


def test_control_a_function_of_a_step_that_is_not_there_is_noticed():
    assert [name for line in steps() for name in named_functions(line)]
    assert missing(f"## {STEPS}\n\n1. `judge.py: judge` `judge.py: no_such_function`\n") == [
        "judge.py: no_such_function"
    ]
