"""Printing a document: in colour where rich is installed, as plain text where it is not."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from gradcheck.report import plain
from gradcheck.report.blocks import Block


def show(blocks: Iterable[Block]) -> None:
    """Print on standard output."""
    try:
        from rich.console import Console

        from gradcheck.report import rich_text
    except ImportError:
        sys.stdout.write(plain.render(blocks))
        return
    console = Console()
    # A log or a pipe has no width of its own; rich would take 80 and cut the tables.
    rich_text.render(blocks, console if console.is_terminal else Console(width=plain.WIDTH))
