"""Ratios taken side by side in one run, collected into one table at its end.

Times depend on the machine and its mood; ratios of two things done in turn hold far better. Nothing here asserts a
time: the table says what was reached, and what is asked for.
"""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import pytest

ROWS = pytest.StashKey[list]()


@dataclass(frozen=True)
class Row:
    job: str
    beside: str
    measured: float
    goal: float
    more_is_better: bool
    unit: str
    detail: str

    @property
    def met(self):
        return self.measured >= self.goal if self.more_is_better else self.measured <= self.goal

    def cells(self):
        sign = "≥" if self.more_is_better else "≤"
        figure = f"{self.measured:,.3g}{self.unit}" if self.measured < 1000 else f"{self.measured:,.0f}{self.unit}"
        return (
            self.job,
            self.beside,
            figure,
            f"{sign} {self.goal:g}{self.unit}",
            "yes" if self.met else "NO",
            self.detail,
        )


HEAD = ("job", "measured beside it", "figure", "goal", "met", "times")


class Table:
    """What a benchmark reports to."""

    def __init__(self, rows):
        self._rows = rows

    def faster(self, job, beside, ratio, goal, detail=""):
        """How many times as fast as what is measured beside it."""
        self._rows.append(Row(job, beside, ratio, goal, True, "×", detail))

    def cost(self, job, beside, ratio, goal, detail="", unit="×"):  # noqa: PLR0917 - one line of a table
        """How many times the time of what is measured beside it; or a size of its own."""
        self._rows.append(Row(job, beside, ratio, goal, False, unit, detail))


def pytest_addoption(parser):
    parser.addoption("--figures", type=Path, help="write the table of the benchmarks to this file, in Markdown")


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture(scope="session")
def table(pytestconfig):
    return Table(pytestconfig.stash[ROWS])


def machine():
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    if not rows:
        return
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    terminalreporter.section("benchmarks: ratios taken in one run")
    terminalreporter.line(machine())
    for line in cells:
        terminalreporter.line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    path = config.getoption("--figures")
    if path is not None:
        lines = ["| " + " | ".join(line) + " |" for line in cells]
        lines.insert(1, "|" + " --- |" * len(HEAD))
        head = ["# Figures", "", f"Taken on {machine()}, by the benchmarks beside this file.", ""]
        path.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
