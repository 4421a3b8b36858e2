"""TOML and JSON: text ↔ plain data (text, numbers, True and False, lists, tables)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from gradcheck.tree.errors import InvalidArgument, invalid

# Long numbers and keys would take tomllib much time or memory: it keeps a state for each digit of a number, and all the
# beginnings of a key, 20 GB for one of 100 kB. Text in quotes may look like one, too, but nobody writes such text: no
# sentence has a dot after each of twenty words.
_MOST_DIGITS = 400
_MOST_PARTS = 20
_LONG_NUMBER = re.compile(rf"(?<![0-9_])[0-9][0-9_]{{{_MOST_DIGITS}}}|0[xob][0-9A-Fa-f_]{{{_MOST_DIGITS}}}")
_PART = r"""[ \t]*+(?:[\w-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')[ \t]*+\."""
_LONG_KEY = re.compile(rf"\.(?:{_PART}){{{_MOST_PARTS - 1}}}")
_TOML_PLACE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_TOO_DEEP = "It has more lists or tables inside each other than can be read."
_SHOWN = 50  # characters of a line on each side of the column of an error


@final
@dataclass(frozen=True)
class RepeatedKey:
    """Stands for a JSON object in which a key is there twice."""

    key: str


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        InvalidArgument: if it is not, naming the line.
    """
    _refuse_slow_toml(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error("TOML", text, *_place_and_reason(text, str(error))) from error
    except RecursionError:
        raise invalid("TOML", "text", text, _TOO_DEEP) from None


def read_json(text: str) -> object:
    """Read JSON. An object with a key twice becomes a ``RepeatedKey``; NaN and Infinity become floats.

    Raises:
        InvalidArgument: if it is not JSON, naming the line.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise _syntax_error("JSON", text, error.pos, error.msg) from error
    except ValueError as error:  # a whole number of more digits than Python reads
        longest = max(re.finditer("[0-9]+", text), key=lambda digits: digits.end() - digits.start())
        raise _syntax_error("JSON", text, longest.start(), "The number has too many digits") from error
    except RecursionError:
        raise invalid("JSON", "text", text, _TOO_DEEP) from None


def write_toml(data: Mapping[str, Any]) -> str:
    """Write TOML, the rows of a list of tables on a line each.

    Raises:
        InvalidArgument: if it has a text that ``read_toml`` would take for a long number or key.
        ImportError: if tomli-w is not installed.
    """
    try:
        import tomli_w
    except ImportError as error:
        raise ImportError('Writing TOML needs tomli-w: pip install "gradcheck[toml]", or save as .json.') from error

    def inline(value: object) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + " }"
        if isinstance(value, list):  # tomli-w writes each number of (2, 1) on a line of its own
            return "[" + ", ".join(map(inline, value)) + "]"
        return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")

    lines = []
    for key, value in data.items():
        if _is_table_list(value):
            lines += ["", f"{key} = [", *(f"  {inline(row)}," for row in value), "]"]
        else:
            lines.append(f"{key} = {inline(value)}")
    text = "\n".join(lines) + "\n"
    _refuse_slow_toml(text)
    return text


def write_json(data: Mapping[str, Any]) -> str:
    """Write JSON, the rows of a list of objects on a line each."""

    def inline(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    entries = []
    for key, value in data.items():
        rows = ",\n".join(f"    {inline(row)}" for row in value) if _is_table_list(value) else ""
        entries.append(f"  {inline(key)}: " + (f"[\n{rows}\n  ]" if rows else inline(value)))
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _object(pairs: list[tuple[str, object]]) -> object:
    table = dict(pairs)
    if len(table) == len(pairs):
        return table
    seen: set[str] = set()
    return RepeatedKey(next(key for key, _ in pairs if key in seen or seen.add(key)))


def _is_table_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _refuse_slow_toml(text: str) -> None:
    if number := _LONG_NUMBER.search(text):
        raise _syntax_error("TOML", text, number.start(), f"A number may have {_MOST_DIGITS} digits at most")
    if key := _LONG_KEY.search(text):
        raise _syntax_error("TOML", text, key.start(), f"A key may have {_MOST_PARTS} parts at most")


def _place_and_reason(text: str, message: str) -> tuple[int, str]:
    """The position and the reason in a message of tomllib, which counts lines and columns from 1."""
    parts = _TOML_PLACE.fullmatch(message)
    if parts is None:
        return len(text.rstrip()), f"The file ends too early. {message.removesuffix(' (at end of document)')}"
    reason, line, column = parts.groups()
    start = 0
    for _ in range(int(line) - 1):
        start = text.index("\n", start) + 1
    return start + int(column) - 1, reason


def _syntax_error(language: str, text: str, position: int, reason: str) -> InvalidArgument:
    line = 1 + text.count("\n", 0, position)
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    column = 1 + position - start
    seen = text[max(start, position - _SHOWN) : min(len(text) if end < 0 else end, position + _SHOWN)].rstrip("\r")
    return invalid(language, f"line {line}", seen, f"Column {column}: {reason}.")
