"""Printing a document: in colour where rich is installed, as plain text where it is not."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable

from gradcheck.document import plain_text as plain
from gradcheck.document.blocks import Block
from gradcheck.tree.errors import invalid


def show(blocks: Iterable[Block]) -> None:
    """Print on standard output, with question marks for what its encoding lacks.

    Raises:
        BrokenPipeError: if the reader has gone, as in ``… | head``.
        InvalidArgument: if it cannot be written for another reason, such as a full disk.
    """
    if sys.stdout is None:  # closed by the caller, as with `>&-`
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        _print(blocks)
        sys.stdout.flush()
    except OSError as error:
        # Python would write what is left once more at exit, and complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise invalid(
            "a standard output that can be written", "stdout", sys.stdout.name, f"{error.strerror}."
        ) from error


def _print(blocks: Iterable[Block]) -> None:
    try:
        from rich.console import Console

        from gradcheck.document import rich_text
    except ImportError:
        sys.stdout.write(plain.render(blocks))
        return

    class ConsoleThatRaises(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - the BrokenPipeError that is being handled; rich would end the program

    # A log or a pipe has no width of its own; rich would take 80 and cut the tables.
    width = None if Console().is_terminal else plain.WIDTH
    rich_text.render(blocks, ConsoleThatRaises(width=width))
