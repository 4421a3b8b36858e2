"""The fuzzer reports a product that is broken, in the simplest case, which can be run again byte for byte."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck import check
from tests.fuzz.__main__ import described, drawn, main, smallest
from tests.fuzz.choices import Choices, parse
from tests.fuzz.comparison import run
from tests.fuzz.oracle import Oracle
from tests.fuzz.shrink import shrunk

SEED, MOST = 7, 40  # runs in which it has to show
ROOT = Path(__file__).parents[2]


def without_the_third_step(loss, game, policy, **options):
    """A check that is blind where episodes are long: later steps have no rewards in the batches it plays."""
    return check(lambda p, e: loss(p, short(e)), game, policy, **options)


def short(episodes):
    kept = (episodes.time_steps < 2).to(episodes.rewards.dtype)
    return replace(episodes, rewards=episodes.rewards * kept, future_returns=episodes.future_returns * kept)


def the_first_difference(check):
    for number in range(MOST):
        outcome = run(drawn(SEED, number), check)
        kinds = [kind for kind, _ in outcome.differences if kind == "expected gradient"]
        if kinds:
            return outcome
    raise AssertionError("nothing was found")


def test_a_broken_product_is_found_shrunk_and_replayed():
    outcome = the_first_difference(without_the_third_step)
    small = smallest(outcome, "expected gradient", without_the_third_step)
    made = parse(small.case.choices.text)
    assert len(made) < len(parse(outcome.case.choices.text)) / 2
    assert "horizon=3" in small.case.script or "horizon=4" in small.case.script  # what is broken needs three steps

    again = run(Choices(made), without_the_third_step)
    assert described(again) == described(small)
    assert not run(Choices(made)).differences  # the product itself is right there


@pytest.mark.parametrize(("share", "kinds"), [(1, []), (1.001, ["true gradient", "unbiased for proportional"])])
def test_control_a_wrong_truth_makes_a_difference(monkeypatch, share, kinds):
    right = Oracle.of_the_return
    monkeypatch.setattr(Oracle, "of_the_return", property(lambda self: share * right.func(self)))
    outcome = run(Choices(parse("game.0.1.reward.0=1")))
    assert [kind for kind, _ in outcome.differences][:2] == kinds  # and the same at another size


def test_a_replay_prints_the_same_bytes_in_another_process(capsys):
    assert main(["--replay", f"{SEED}:1"]) == 0
    here = capsys.readouterr().out
    command = [sys.executable, "-m", "tests.fuzz", "--replay", f"{SEED}:1"]
    there = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "11"}, capture_output=True, text=True, check=True
    )
    assert there.stdout == here
    text = here.rsplit("--case '", 1)[1].split("'")[0]
    assert main(["--case", text]) == 0
    assert capsys.readouterr().out == here


def test_shrinking_leaves_what_makes_the_difference():
    made = {"a.b.1": 3, "a.b.2": 1, "a.c": 2, "d": 7, "e": 1}
    assert shrunk(made, lambda one: one.get("d", 0) >= 4 and "a.c" in one) == {"a.c": 1, "d": 4}
