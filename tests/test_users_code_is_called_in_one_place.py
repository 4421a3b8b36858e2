"""Any exception is caught in ``tree/user_code.py`` alone: a mistake of this package is never taken for one of a user's.

And only a condition knows its own name: whatever else depends on it asks the condition.
"""

import ast
from pathlib import Path

import pytest

from gradcheck.tree.user_code import user_code

ROOT = Path(__file__).resolve().parents[1]
BROAD = {"Exception", "BaseException"}


def sources():
    for folder in ("gradcheck", "estimators", "tree"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def catches_anything(source):
    """Whether a module has ``except:`` or ``except Exception``, by itself or among others."""
    handlers = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    named = [{n.id for n in ast.walk(h.type) if isinstance(n, ast.Name)} if h.type else BROAD for h in handlers]
    return any(names & BROAD for names in named)


def compares_names_of_conditions(source):
    """Whether a module compares ``….condition.name`` or ``condition.name`` with something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Attribute) and side.attr == "name" and "condition" in ast.unparse(side.value):
                    return True
    return False


def test_nothing_else_catches_anything():
    assert [path for path, source in sources() if catches_anything(source)] == []


def test_the_boundary_does_and_lets_what_ends_a_program_through():
    with pytest.raises(LookupError) as caught, user_code(lambda error: LookupError(str(error))):
        raise ZeroDivisionError("theirs")
    assert str(caught.value) == "theirs"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(KeyboardInterrupt), user_code(lambda error: LookupError(str(error))):
        raise KeyboardInterrupt


def test_names_of_conditions_are_compared_nowhere():
    assert [path for path, source in sources() if compares_names_of_conditions(source)] == []


def test_control_a_broad_except_is_noticed():
    assert catches_anything("try:\n    f()\nexcept Exception:\n    pass\n")
    assert catches_anything("try:\n    f()\nexcept (ValueError, Exception) as error:\n    pass\n")
    assert catches_anything("try:\n    f()\nexcept:\n    pass\n")
    assert not catches_anything("try:\n    f()\nexcept (ValueError, KeyError):\n    pass\n")


def test_control_a_comparison_with_a_name_is_noticed():
    assert compares_names_of_conditions("if case.condition.name == 'groups':\n    f()\n")
    assert compares_names_of_conditions("x = 'groups' in (condition.name,) or condition.name != 'a'\n")
    assert not compares_names_of_conditions("x = CONDITIONS[condition.name]\n")
