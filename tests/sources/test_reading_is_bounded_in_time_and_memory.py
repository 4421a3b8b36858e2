"""Files made to be slow are refused within seconds and 512 MiB, where their parsers, or exact sums, would take more."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BYTES, SECONDS = 2**29, 10  # of address space, of computing; no file here takes more than 2 s
SECONDS_OF_CONTROLS = 3  # with their guards these files take less than 1 s

READ = """
import sys
from gradcheck import InvalidArgument
from gradcheck.tree.sources.files import load_game
try:
    load_game(sys.argv[1])
except InvalidArgument as error:
    print(error)
"""
PARSE = "import sys, tomllib; tomllib.loads(open(sys.argv[1]).read())"
ADD = """
import re, sys
from fractions import Fraction
sum(map(Fraction, re.findall("1/[0-9]+", open(sys.argv[1]).read())))
"""


def denominators(count):
    """Odd numbers of 300 digits, which have hardly a common factor."""
    rows = (
        f'{{"state": "s", "action": 0, "next_state": "s", "probability": "1/{10**299 + 2 * i + 1}"}}'
        for i in range(count)
    )
    return f'{{"format": 1, "start": "s", "horizon": 1, "transitions": [{", ".join(rows)}]}}'


#: What the message must name, the suffix, the text, and what would read it without a guard.
SLOW = {
    "a key of 50,000 parts": ("20 parts", ".toml", "a." * 50_000 + "b = 1", PARSE),
    "a quoted key of 50,000 parts": ("20 parts", ".toml", '"\\"".' * 50_000 + "b = 1", PARSE),
    "a number of 15 million digits": ("400 digits", ".toml", "a = " + "1" * 15_000_000 + ".5", PARSE),
    "10,000 denominators of 300 digits": ("common denominator", ".json", denominators(10_000), ADD),
}
#: These need no guard, only that what the parser raises is caught.
ODD = {
    "15 MB of one word": ("line 1", ".toml", "a" * 15_000_000, None),
    "15 MB of dots and quotes": ("20 parts", ".toml", '."' * 7_500_000, None),
    "15 MB of dots and unfinished quotes": ("line 1", ".toml", '."\\"' * 3_750_000, None),
    "15 MB of dots and spaces": ("line 1", ".toml", (". " + " " * 998) * 15_000, None),
    "15 MB of brackets": ("inside each other", ".json", "[" * 15_000_000, None),
    "15 MB of spaces": (
        "'start' is missing",
        ".json",
        '{"format": 1, "name": "' + " " * 15_000_000 + '"}',
        None,
    ),
    "15 MB of a key": ("a key of the file", ".json", '{"' + "f" * 15_000_000 + '": 1}', None),
}


def run(program, path, seconds):
    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=limited, check=False)


@pytest.mark.parametrize("name", SLOW | ODD)
def test_it_is_refused_in_time(name, tmp_path):
    named, suffix, text, _ = (SLOW | ODD)[name]
    path = tmp_path / f"game{suffix}"
    path.write_text(text, encoding="utf-8")
    done = run(READ, path, SECONDS)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith("Expected ")
    assert named in done.stdout


@pytest.mark.parametrize("name", SLOW)
def test_control_without_the_guard_it_is_not_read_at_all(name, tmp_path):
    _, suffix, text, unguarded = SLOW[name]
    path = tmp_path / f"game{suffix}"
    path.write_text(text, encoding="utf-8")
    done = run(unguarded, path, SECONDS_OF_CONTROLS)
    assert done.returncode != 0
