"""``python -m tests.fuzz``: random losses on random games, the product beside brute force."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from typing import final

from tests.fuzz.choices import Choices, parse
from tests.fuzz.comparison import Check, Outcome, run, statistics
from tests.fuzz.shrink import shrunk

_TOGETHER = 10  # runs that one process does between two reports


@final
@dataclass(frozen=True)
class Part:
    """Some runs: what they counted, and {kind of difference: numbers of the runs that made it}."""

    runs: int
    counts: Counter[str]
    differences: dict[str, list[int]]


def part(seed: int, numbers: range) -> Part:
    """Do these runs."""
    counts: Counter[str] = Counter()
    differences: dict[str, list[int]] = {}
    for number in numbers:
        outcome = run(drawn(seed, number))
        counts += statistics(outcome)
        for kind, _ in outcome.differences:
            differences.setdefault(kind, []).append(number)
    return Part(len(numbers), counts, differences)


def drawn(seed: int, number: int) -> Choices:
    """The choices of one run: nothing else decides anything in it."""
    return Choices(seed=f"{seed}:{number}")


def smallest(outcome: Outcome, kind: str, check: Check | None = None) -> Outcome:
    """The simplest case with the same kind of difference."""

    def differs(made: Mapping[str, int]) -> bool:
        return any(found == kind for found, _ in run(Choices(made), check).differences)

    return run(Choices(shrunk(outcome.case.choices.made, differs)), check)


def described(outcome: Outcome) -> str:
    """A run in full: the script, and what was said and is true."""
    lines = [outcome.case.script.rstrip(), "", f"# product: {outcome.verdict}; brute force: {outcome.truth}"]
    lines += [f"# large batches: {outcome.limit}"] if outcome.limit != "not asked" else []
    lines += [f"# DIFFERENCE, {kind}: {details}" for kind, details in outcome.differences]
    return "\n".join([*lines, f"# python -m tests.fuzz --case '{outcome.case.choices.text}'"])


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; 1 where there is a difference."""
    options = _parser().parse_args(arguments)
    _one_thread()
    if options.case is not None:
        return _one(run(Choices(parse(options.case))), shrink=False)
    if options.replay is not None:
        seed, number = map(int, options.replay.split(":"))
        return _one(run(drawn(seed, number)), shrink=True)
    began = time.perf_counter()
    done, counts, differences = 0, Counter[str](), dict[str, list[int]]()
    for one in _parts(options):
        done, counts = done + one.runs, counts + one.counts
        for kind, numbers in one.differences.items():
            if kind not in differences:
                print(f"{kind}: --replay {options.seed}:{numbers[0]}", file=sys.stderr)
            differences.setdefault(kind, []).extend(numbers)
    seconds = time.perf_counter() - began
    for what, count in sorted(counts.items()):
        print(f"{count:7d}  {what}")
    for kind, numbers in sorted(differences.items()):
        first = min(numbers)
        print(f"\n{'=' * 100}\n{kind}: {len(numbers)} runs, the first of them --replay {options.seed}:{first}")
        if options.shrink:
            print(described(smallest(run(drawn(options.seed, first)), kind)))
    wrong = len({number for numbers in differences.values() for number in numbers})
    on_cores = sum(os.times()[:4])  # of this process and of its children
    rate = f"{seconds:.0f} s, {done / on_cores:.1f} a second of one core"
    print(f"\nseed {options.seed}: {done:,} runs, {wrong} with a difference; {rate}")
    return 1 if wrong else 0


def _one(outcome: Outcome, *, shrink: bool) -> int:
    print(described(outcome))
    for kind in dict.fromkeys(kind for kind, _ in outcome.differences) if shrink else ():
        print(f"\n# The simplest with this difference, {kind}:\n")
        print(described(smallest(outcome, kind)))
    return 1 if outcome.differences else 0


def _parts(options: argparse.Namespace) -> Iterator[Part]:
    """The runs in parts, until there were enough, or the time is over."""
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    most = options.runs if options.runs is not None else (200 if until is None else 10**9)
    ranges = (
        range(first, min(first + _TOGETHER, options.first + most))
        for first in range(options.first, options.first + most, _TOGETHER)
    )
    if options.workers == 1:
        for numbers in ranges:
            if until is not None and time.monotonic() > until:
                return
            yield part(options.seed, numbers)
        return
    with ProcessPoolExecutor(options.workers, get_context("spawn"), initializer=_one_thread) as pool:
        waiting: set[Future[Part]] = set()
        for numbers in ranges:
            if until is not None and time.monotonic() > until:
                break
            waiting.add(pool.submit(part, options.seed, numbers))
            if len(waiting) > options.workers:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        yield from (future.result() for future in waiting)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default: 0)")
    parser.add_argument("--first", type=int, default=0, help="number of the first run (default: 0)")
    parser.add_argument("--runs", type=int, help="how many (default: 200, or as many as the minutes allow)")
    parser.add_argument("--minutes", type=float, help="stop after so long")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="name the runs that differ, no more")
    parser.add_argument("--replay", metavar="SEED:NUMBER", help="one run again, and its difference as small as it gets")
    parser.add_argument(
        "--case", metavar="CHOICES", help="the case that these choices make, as another run printed them"
    )
    return parser


if __name__ == "__main__":
    # By its own name, under which other processes look for what they are to do.
    sys.exit(importlib.import_module("tests.fuzz.__main__").main(sys.argv[1:]))
