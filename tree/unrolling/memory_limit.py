"""The largest game that is unrolled: by default, what fits a quarter of this machine's memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

from gradcheck.tree.validation.arguments import whole_number

_BYTES_PER_NODE = 1_000  # arrays of a decision with a few outcomes, and of one evaluation of it
_BYTES_PER_EDGE = 120
_SHARE = 4  # a quarter of the memory
_SMALLEST, _UNKNOWN = 1_000_000, 4 * 2**30
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@final
@dataclass(frozen=True)
class Limit:
    """The most decisions and outcomes of a game that may be unrolled; None is no limit."""

    nodes: int
    edges: int | None = None

    @classmethod
    def of_memory(cls) -> Limit:
        """What fits a quarter of the memory of this machine or container, and a million decisions at least."""
        share = _memory() // _SHARE
        return cls(max(_SMALLEST, share // _BYTES_PER_NODE), max(8 * _SMALLEST, share // _BYTES_PER_EDGE))

    @classmethod
    def of_nodes(cls, max_nodes: object) -> Limit:
        """What the caller allows.

        Raises:
            InvalidArgument: if it is not 1, 2, …
        """
        return cls(whole_number(max_nodes, "max_nodes", hint="Leave it out for what fits the memory."))

    def allows(self, nodes: int, edges: int) -> bool:
        """Whether a game of this size may be unrolled."""
        return nodes <= self.nodes and (self.edges is None or edges <= self.edges)


def _memory() -> int:
    try:
        limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, OSError, ValueError):  # not on every system
        return _UNKNOWN
    for path in _CGROUP_LIMITS:
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return min(limits)
