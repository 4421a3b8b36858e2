"""What CONTRIBUTING.md says: its sections, the names in them, the ten steps, and the recipes with their code."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import final

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_HEADER = re.compile(r"# ([\w/.]+\.pyi?)(?:, (above|below): (.+))?")


def section(title: str, text: str = TEXT) -> str:
    """What stands below a heading, down to the next one of its rank or above."""
    marks = re.search(rf"^(#+) {re.escape(title)}$", text, flags=re.MULTILINE)
    assert marks, title
    rest = text[marks.end() :]
    end = re.search(rf"^#{{1,{len(marks[1])}}} ", without_code(rest, blank=True), flags=re.MULTILINE)
    return rest[: end.start()] if end else rest


def without_code(text: str, *, blank: bool = False) -> str:
    """The prose; the code is left out, or put out of sight by as many spaces."""
    return _FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]) if blank else "", text)


def spans(text: str) -> list[str]:
    """Everything in single backticks, in the order in which it stands there."""
    return re.findall(r"`([^`\n]+)`", without_code(text))


def steps(text: str = TEXT) -> list[str]:
    """The numbered lines on the way from a loss to its verdict."""
    return re.findall(r"^\d+\. .*$", section("From a loss to its verdict in ten steps", text), flags=re.MULTILINE)


def named_functions(line: str) -> list[tuple[str, str]]:
    """(file, name) of each `file: name`."""
    return [(path, name) for path, _, name in (span.partition(": ") for span in spans(line)) if name]


@final
@dataclass(frozen=True)
class Piece:
    """Code, and where it goes.

    Attributes:
        path: of a file, from the root of the repository.
        place: "above" or "below" a line that is there once; "" where the file is new.
        line: that line, without the spaces around it.
        code: to be put there.
    """

    path: str
    place: str
    line: str
    code: str


def recipes(text: str = TEXT) -> dict[str, list[Piece]]:
    """The code of every recipe, by its name."""
    found = re.findall(r"^<!-- recipe: (\w+) -->\n```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return {name: _pieces(code) for name, code in found}


def _pieces(code: str) -> list[Piece]:
    pieces: list[Piece] = []
    lines: list[str] = []
    for line in code.splitlines(keepends=True):
        if header := _HEADER.fullmatch(line.rstrip("\n")):
            path, place, anchor = header.groups(default="")
            lines = []
            pieces.append(Piece(path, place, anchor, ""))
        else:
            lines.append(line)
            pieces[-1] = Piece(pieces[-1].path, pieces[-1].place, pieces[-1].line, "".join(lines))
    return pieces


def follow(pieces: list[Piece], root: Path) -> None:
    """Do as a recipe says, in a copy of the repository."""
    for piece in pieces:
        path = root / piece.path
        if not piece.place:
            assert not path.exists(), piece.path
            path.write_text(piece.code, encoding="utf-8")
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (number,) = [number for number, line in enumerate(lines) if line.strip() == piece.line]
        number += piece.place == "below"
        path.write_text("".join([*lines[:number], piece.code, *lines[number:]]), encoding="utf-8")


def copy_of_the_package(folder: Path) -> Path:
    """The three folders with the links between them, and what recipes change among the tests."""
    for name in ("gradcheck", "tree", "estimators", "tests/check/corpus"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    shutil.copytree(ROOT / "tests/check/brute_force", folder / "tests/check/brute_force")
    return folder
