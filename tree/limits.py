"""How much fits: the default limit on the size of an unrolled game, from this machine's memory."""

from __future__ import annotations

import os
from pathlib import Path

_BYTES_PER_NODE = 1_000  # arrays of a decision with a few outcomes, and of one evaluation of it
_SHARE = 4  # a quarter of the memory
_SMALLEST, _UNKNOWN = 1_000_000, 4 * 2**30
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def default_max_nodes() -> int:
    """As many decisions as fit a quarter of the memory of this machine, or container; a million at least."""
    return max(_SMALLEST, _memory() // _SHARE // _BYTES_PER_NODE)


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
