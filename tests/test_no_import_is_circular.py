"""No import goes in a circle, and the exact side knows neither of the others.

Read from the source, not tried out: a circle can be hidden by an import that happens to come first, or only exist for
type checkers. An import inside a function is allowed to be late, but in the folders that promise more, not to close a
circle either.
"""

import ast
import graphlib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE, FOR_TYPES, LATE = "at once", "for type checkers", "inside a function"
#: Folders in which not even imports inside functions close a circle.
STRICT = ("gradcheck.tree", "gradcheck.estimators", "gradcheck.causes", "gradcheck.cli", "gradcheck.document")
STRICT += ("gradcheck.report",)


def sources():
    """Every module of the product by its name."""
    files = [path for folder in ("tree", "estimators") for path in (ROOT / folder).rglob("*.py")]
    files += [path for path in (ROOT / "gradcheck").rglob("*.py") if not linked(path)]
    return {name_of(path): path.read_text() for path in files}


def linked(path):
    return any(parent.is_symlink() for parent in path.parents if ROOT in parent.parents)


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "gradcheck" else ("gradcheck", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(text):
    """(module, kind of import) for everything that a module may import."""

    def walk(node, kind):
        match node:
            case ast.Import(names):
                yield from ((each.name, kind) for each in names)
            case ast.ImportFrom(module, names, level):
                assert not level, "imports are absolute"
                yield from ((f"{module}.{each.name}", kind) for each in names)
                yield module, kind
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                kind = LATE
            case ast.If(ast.Name("TYPE_CHECKING")) if kind == AT_ONCE:
                for child in node.body:
                    yield from walk(child, FOR_TYPES)
                node = ast.Module(node.orelse, [])
        for child in ast.iter_child_nodes(node):
            yield from walk(child, kind)

    return set(walk(ast.parse(text), AT_ONCE))


def graph(modules, kinds):
    """For each module the others that it imports. The package of a module it imports from is none of them."""
    edges = defaultdict(set)
    for name, text in modules.items():
        found = {module for module, kind in imports(text) if kind in kinds} & modules.keys()
        packages = {module for module in found if any(other.startswith(f"{module}.") for other in found)}
        edges[name] = found - packages - {name}
    return edges


def circle(modules, kinds):
    """The modules along a circle, if there is one."""
    try:
        graphlib.TopologicalSorter(graph(modules, kinds)).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def inside(modules, package):
    return {name: text for name, text in modules.items() if f"{name}.".startswith(f"{package}.")}


def outsiders(modules, package, allowed):
    """What a package imports of the product, at whatever time, from outside the packages it may know."""
    seen = {module for text in inside(modules, package).values() for module, _ in imports(text)}
    ours = {module for module in seen & modules.keys() if "." in module}
    return {module for module in ours if not any(f"{module}.".startswith(f"{known}.") for known in allowed)}


@pytest.mark.parametrize("kinds", [{AT_ONCE}, {AT_ONCE, FOR_TYPES}], ids=["at once", "for type checkers as well"])
def test_no_module_imports_itself_by_way_of_others(kinds):
    assert circle(sources(), kinds) is None


@pytest.mark.parametrize("package", STRICT)
def test_not_even_late_imports_close_a_circle(package):
    modules = inside(sources(), package)
    assert len(modules) > 3
    assert circle(modules, {AT_ONCE, FOR_TYPES, LATE}) is None


def test_the_exact_side_knows_neither_of_the_others():
    modules = sources()
    assert outsiders(modules, "gradcheck.tree", ["gradcheck.tree"]) == set()
    assert not {"torch"} & {
        module for text in inside(modules, "gradcheck.tree").values() for module, _ in imports(text)
    }


def test_the_sampled_side_knows_the_exact_side_only():
    door = "gradcheck._lazy"  # how a package imports its public names when they are first used; it knows nobody
    assert outsiders(sources(), door, []) == set()
    assert outsiders(sources(), "gradcheck.estimators", ["gradcheck.estimators", "gradcheck.tree", door]) == set()


AT_THE_TOP = "from gradcheck.b import f"
IN_A_FUNCTION = "def f():\n    from gradcheck.b import f"
FOR_A_TYPE = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gradcheck.b import f"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [(AT_THE_TOP, {AT_ONCE}), (FOR_A_TYPE, {AT_ONCE, FOR_TYPES}), (IN_A_FUNCTION, {AT_ONCE, FOR_TYPES, LATE})],
    ids=["at once", "for type checkers", "inside a function"],
)
def test_control_a_circle_of_every_kind_is_found(text, kinds):
    modules = {"gradcheck.a": text, "gradcheck.b": "import gradcheck.c", "gradcheck.c": "from gradcheck import a"}
    assert sorted(set(circle(modules, kinds))) == ["gradcheck.a", "gradcheck.b", "gradcheck.c"]
    assert kinds == {AT_ONCE} or circle(modules, {AT_ONCE}) is None


@pytest.mark.parametrize("text", [AT_THE_TOP, IN_A_FUNCTION, FOR_A_TYPE])
def test_control_a_package_that_knows_too_much_is_found(text):
    modules = {"gradcheck.tree.a": text, "gradcheck.b": ""}
    assert outsiders(modules, "gradcheck.tree", ["gradcheck.tree"]) == {"gradcheck.b"}
