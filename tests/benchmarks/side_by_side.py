"""Timing things in turn, so that a slow minute slows all of them."""

import statistics
import time


def side_by_side(*jobs, rounds=15, at_least=0.002):
    """Seconds of each job, the median of rounds in which they take turns, each for ``at_least`` so many seconds."""
    repeats = []
    for job in jobs:
        job()  # warm up
        began = time.perf_counter()
        job()
        repeats.append(max(1, round(at_least / max(time.perf_counter() - began, 1e-9))))
    taken = [[] for _ in jobs]
    for _ in range(rounds):
        for job, times, seconds in zip(jobs, repeats, taken, strict=True):
            began = time.perf_counter()
            for _ in range(times):
                job()
            seconds.append((time.perf_counter() - began) / times)
    return [statistics.median(seconds) for seconds in taken]


def milliseconds(*seconds):
    return ", ".join(f"{1e3 * one:,.3g} ms" for one in seconds)
