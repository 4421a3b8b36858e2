"""A case that makes a difference → the simplest one that makes the same difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

#: Cases that are tried at most; each is a run of its own, of a third of a second.
MOST_TRIED = 400


def shrunk(made: Mapping[str, int], differs: Callable[[Mapping[str, int]], bool]) -> dict[str, int]:
    """Leave out choices, then make them smaller, as long as the difference stays; always in the same order.

    Args:
        made: the choices, {name: number}.
        differs: whether the case that follows from some choices makes the difference.
    """
    best = {name: number for name, number in made.items() if number}
    tried: set[tuple[tuple[str, int], ...]] = set()
    while True:
        for candidate in _simpler(best):
            key = tuple(sorted(candidate.items()))
            if key in tried:
                continue
            if len(tried) == MOST_TRIED:
                return best
            tried.add(key)
            if differs(candidate):
                best = candidate
                break
        else:
            return best


def _simpler(made: dict[str, int]) -> Iterator[dict[str, int]]:
    """Whole subjects are left out first, then single choices; then numbers become smaller."""
    names = sorted(made)
    subjects = {".".join(name.split(".")[:depth]) for name in names for depth in (1, 2)}
    for subject in sorted(subjects):
        inside = {name for name in names if name == subject or name.startswith(f"{subject}.")}
        if len(inside) > 1:
            yield {name: number for name, number in made.items() if name not in inside}
    for left_out in names:
        yield {name: number for name, number in made.items() if name != left_out}
    for name in names:
        for smaller in sorted({1, made[name] // 2, made[name] - 1}):
            if 0 < smaller < made[name]:
                yield {**made, name: smaller}
