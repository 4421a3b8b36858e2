"""The text of a function → every text that differs from it by one small mistake."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, final

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
}
_SIGNS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "÷", ast.MatMult: "@"}
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
}
_LIKE = {  # fields of Episodes of one shape and kind
    "rewards": ("future_returns", "log_probs"),
    "future_returns": ("rewards", "log_probs"),
    "actions": ("time_steps",),
    "episode_index": ("time_steps", "actions"),
    "dones": ("terminated", "truncated"),
    "observations": ("next_observations",),
}
_LONGEST_NAME = 84
_METHODS = {"sum": "mean", "mean": "sum"}
_DROPPED = ("detach", "flip", "cumsum", "double", "log_softmax", "logsumexp", "squeeze", "exp", "insert")


@final
@dataclass(frozen=True)
class Mutant:
    """A function's text with one mistake.

    Attributes:
        name: the function, the line, what was changed there; unique.
        source: the whole text.
        function: of which it is a mutant; its globals are what the text means.
    """

    name: str
    source: str = field(repr=False)
    function: Callable[..., Any] = field(repr=False)

    def __str__(self) -> str:
        return self.name

    def compiled(self) -> Callable[..., Any]:
        """The function that the text defines."""
        names = dict(self.function.__globals__)
        exec(compile(self.source, self.name, "exec"), names)
        return names[self.function.__name__]


def mutants_of(function: Callable[..., Any]) -> tuple[Mutant, ...]:
    """All of them, without those whose text is that of another or of the function itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    nodes = list(ast.walk(tree))
    seen, names = {ast.unparse(tree)}, set()
    found = []
    for number, node in enumerate(nodes):
        for what, mistaken in _mistakes(node):
            copy = deepcopy(tree)
            changed = _Replaced(list(ast.walk(copy))[number], mistaken).visit(copy)
            source = ast.unparse(ast.fix_missing_locations(changed))
            if source in seen:
                continue
            seen.add(source)
            name = f"{function.__name__} line {getattr(node, 'lineno', 0)}: {_short(what)}"
            while name in names:
                name += " again"
            names.add(name)
            found.append(Mutant(name, source, function))
    return tuple(found)


@final
class _Replaced(ast.NodeTransformer):
    """One node put in the place of another; a statement that is gone leaves ``pass``."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> Any:
        return deepcopy(self._new) if node is self._old else self.generic_visit(node)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME // 2]}…{text[-_LONGEST_NAME // 2 :]}"


def _mistakes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What could stand in the place of a node, with what it is called."""
    text = ast.unparse(node) if isinstance(node, ast.expr | ast.stmt) else ""
    match node:
        case ast.BinOp(left, op, right):
            for other in _OPERATORS.get(type(op), ()):
                yield f"{_SIGNS[type(op)]} → {_SIGNS[other]} in {text}", ast.BinOp(left, other(), right)
            yield f"{text} without {ast.unparse(left)}", right
            yield f"{text} without {ast.unparse(right)}", left
            if isinstance(op, ast.Sub | ast.Div):
                yield f"{text} turned round", ast.BinOp(right, op, left)
        case ast.UnaryOp(_, operand):
            yield f"{text} → {ast.unparse(operand)}", operand
        case ast.AugAssign(target, op, value) if type(op) in _OPERATORS:
            for other in _OPERATORS[type(op)]:
                yield f"{_SIGNS[type(op)]}= → {_SIGNS[other]}=", ast.AugAssign(target, other(), value)
        case ast.Constant(bool()):
            pass
        case ast.Constant(int() | float() as value):
            others = (value + 1, value / 2 if isinstance(value, float) else value - 1)
            for other in dict.fromkeys(others):
                yield f"{value} → {other}", ast.Constant(other)
        case ast.Constant(str() as value) if value in _LIKE:
            for other in _LIKE[value]:
                yield f"{value} → {other}", ast.Constant(other)
        case ast.Attribute(value, name) if name in _LIKE:
            for other in _LIKE[name]:
                yield f"{name} → {other}", ast.Attribute(value, other, ast.Load())
        case ast.Compare(left, [op], [right]) if type(op) in _FLIPPED:
            yield f"{text} flipped", ast.Compare(left, [_FLIPPED[type(op)]()], [right])
        case ast.Subscript(value, index, ast.Load()) if not isinstance(index, ast.Tuple):
            for op, step in ((ast.Sub(), "before"), (ast.Add(), "after")):
                one_off = ast.Subscript(value, ast.BinOp(index, op, ast.Constant(1)), ast.Load())
                yield f"{text} one {step}", one_off
            yield f"{text} → {ast.unparse(value)}", value
    if isinstance(node, ast.Call):
        yield from _calls(node, text)
    if isinstance(node, ast.Return) and node.value is not None:
        yield "the result negated", ast.Return(ast.UnaryOp(ast.USub(), node.value))
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant | ast.List):
        yield f"{ast.unparse(node.targets[0])} negated", ast.Assign(node.targets, ast.UnaryOp(ast.USub(), node.value))
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
        yield f"no {text}", ast.Pass()


def _calls(node: ast.Call, text: str) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Call(ast.Name("reversed"), [argument]):
            yield "reversed → the order as it is", argument
        case ast.Call(ast.Name("range"), [end]):
            yield f"{text} from 1", ast.Call(node.func, [ast.Constant(1), end], [])
            yield f"{text} one less", ast.Call(node.func, [ast.BinOp(end, ast.Sub(), ast.Constant(1))], [])
        case ast.Call(ast.Attribute(ast.Name("torch"), name), [argument]) if name in _DROPPED:
            yield f"{text} → {ast.unparse(argument)}", argument
        case ast.Call(ast.Attribute(value, name)) if name in _DROPPED:
            yield f"no .{name}()", value
        case ast.Call(ast.Attribute(value, name), arguments) if name in _METHODS:
            other = ast.Attribute(value, _METHODS[name], ast.Load())
            yield f".{name}() → .{_METHODS[name]}()", ast.Call(other, arguments, [])
            yield f"no .{name}()", value
