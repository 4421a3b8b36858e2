"""What a document is made of, whatever it is printed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, final


@final
@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@final
@dataclass(frozen=True)
class Text:
    """A paragraph; ``verdict`` says whether it reports a pass (True) or a failure (False)."""

    text: str
    verdict: bool | None = None


@final
@dataclass(frozen=True)
class Lines:
    """Lines to be kept as they are."""

    lines: tuple[str, ...]


@final
@dataclass(frozen=True)
class Table:
    """Rows of words and numbers; columns named in ``words`` are aligned left, the others right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str] = field(default_factory=frozenset)


@final
@dataclass(frozen=True)
class Branch:
    """A tree of lines."""

    label: str
    children: tuple[Branch, ...] = ()


Block: TypeAlias = "Heading | Text | Lines | Table | Branch"
