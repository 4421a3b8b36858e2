"""A docstring's first line says what the thing does, and the paper it comes from stands at the end, under Reference.

The first line is what `help`, completion and an editor show.
"""

import ast
from pathlib import Path

import pytest

#: Not yet in order: whoever changes one of these next takes it off the list.
ROOT = Path(__file__).resolve().parents[1]


def docstrings(source):
    """(name, docstring) of a module and of everything in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield getattr(node, "name", "module"), text


def is_in_order(docstring):
    """Whether nothing comes before the summary, or after the reference."""
    summary, _, rest = docstring.partition("\n")
    if summary.lower().startswith(("reference", "see ", "..", ">>>")):
        return False
    lines = rest.splitlines()
    starts = [number for number, line in enumerate(lines) if line.lower().startswith(("reference:", "references:"))]
    if not starts:
        return True
    after = lines[starts[0] + 1 :]
    return lines[starts[0]] == "Reference:" and bool(after) and all(line.startswith("    ") for line in after)


@pytest.mark.parametrize("folder", ["gradcheck", "estimators", "tree"])
def test_every_docstring_is_in_order(folder):
    found = [
        (path.relative_to(ROOT).as_posix(), name, text)
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name, text in docstrings(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 50
    assert {(path, name) for path, name, text in found if not is_in_order(text)} == set()


@pytest.mark.parametrize(
    ("docstring", "in_order"),
    [
        ("Add two numbers.\n\nArgs:\n    a: one.\n\nReference:\n    Euclid, *Elements*.", True),
        ("Add two numbers.", True),
        ("Reference: Euclid, *Elements*.\n\nAdd two numbers.", False),
        (".. math:: a + b", False),
        ("Add two numbers.\n\nReference: Euclid, *Elements*.", False),
        ("Add two numbers.\n\nReference:\n    Euclid, *Elements*.\n\nArgs:\n    a: one.", False),
        ("Add two numbers.\n\nReference:", False),
    ],
)
def test_control_a_docstring_in_another_order_is_noticed(docstring, in_order):
    assert is_in_order(docstring) is in_order
