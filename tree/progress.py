"""Progress of anything that takes longer than two seconds: one line on standard error, kept up to date."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_T = TypeVar("_T")
_SECONDS_BEFORE_FIRST_LINE = 2.0
_SECONDS_BETWEEN_LINES = 0.5


def progress(
    items: Iterable[_T], total: int | None, label: str, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[_T]:
    """Hand the items on; say how many are done, of how many where that is known, once two seconds have passed.

    On a terminal the line is rewritten in place and removed at the end; elsewhere (a log) a new line is written each
    time the work takes twice as long as when the last was written.
    """
    begin = clock()
    due = begin + _SECONDS_BEFORE_FIRST_LINE
    stream, shown = sys.stderr, False
    for done, item in enumerate(items):
        now = clock()
        if now >= due:
            of_all = "" if total is None else f" of {total:,}"
            line = f"{label}: {done:,}{of_all} ({now - begin:.0f} s)"
            live = stream.isatty()
            stream.write(f"\r\x1b[2K{line}" if live else f"{line}\n")
            stream.flush()
            shown = shown or live
            due = now + (_SECONDS_BETWEEN_LINES if live else now - begin)
        yield item
    if shown:
        stream.write("\r\x1b[2K")
        stream.flush()
