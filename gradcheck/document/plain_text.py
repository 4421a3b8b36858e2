"""A document as plain text, for logs, pipes and machines without rich."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from gradcheck.document.blocks import Block, Branch, Heading, Lines, Table, Text

WIDTH = 80


def render(blocks: Iterable[Block]) -> str:
    """Lay the blocks out in lines of at most 80 characters, wide tables and deep trees aside."""
    return "\n".join(line.rstrip() for block in blocks for line in _lines(block)) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield from ("", text, "=" * len(text))
        case Text(text):
            yield from textwrap.wrap(text, WIDTH)
        case Lines(lines):
            for line in lines:
                yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent=" " * 8)
        case Table():
            yield from _table(block)
        case Branch():
            yield from _branch(block, "  ", "  ")


def _table(table: Table) -> Iterator[str]:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    left = [column in table.words for column in table.columns]
    for number, row in enumerate(rows):
        cells = (cell.ljust(w) if words else cell.rjust(w) for cell, w, words in zip(row, widths, left, strict=True))
        yield "  " + "  ".join(cells)
        if number == 0:
            yield "  " + "  ".join("-" * w for w in widths)


def _branch(branch: Branch, first: str, rest: str) -> Iterator[str]:
    yield first + branch.label
    for child in branch.children:
        last = child is branch.children[-1]
        yield from _branch(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
