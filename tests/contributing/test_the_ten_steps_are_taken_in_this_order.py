"""From a loss to its verdict it takes the ten steps in CONTRIBUTING.md, in that order.

Real checks are watched: which of the functions named there were called, and when for the first time.
"""

import sys
from contextlib import contextmanager

import pytest
import torch

from gradcheck import GradcheckError, assert_unbiased, check
from gradcheck.estimators import log_prob, over_steps
from tests.contributing.document import ROOT, named_functions, steps

FOLDER = ROOT / "gradcheck/checking"
QUICK = {"batch": 2, "all_conditions": False}


@contextmanager
def watched():
    """(file, name) of every function of ours that is called, in the order of their first calls."""
    called, before = {}, sys.getprofile()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(str(FOLDER)):
            called.setdefault((frame.f_code.co_filename, frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)


def first_call(called, file, name):
    """When a function was called first, or a method of a class; None where it was not."""
    for number, (path, qualname) in enumerate(called):
        if path == str(FOLDER / file) and f"{qualname}.".startswith(f"{name}."):
            return number
    return None


def immediate_reward(policy, episodes):
    return log_prob(policy, episodes, weights=lambda e: e.rewards)


def token_mean(policy, episodes):
    return log_prob(policy, episodes, average=over_steps)


def nameless(policy, episodes):
    return log_prob(policy, episodes, weights=lambda e: e.future_returns.sin())


def noisy(policy, episodes):
    return log_prob(policy, episodes) * (0.5 + torch.rand(()))


@pytest.fixture(scope="module")
def one_check():
    """A wrong loss, from ``check`` to its page."""
    with watched() as called:
        str(check(immediate_reward, **QUICK))
    return called


def out_of_order(lines, called):
    """The steps whose function is called first before that of the step above, or not at all."""
    calls = [first_call(called, *named_functions(line)[0]) for line in lines]
    return [
        line
        for line, call, before in zip(lines, calls, [-1, *calls], strict=False)
        if call is None or before is None or call < before
    ]


def test_there_are_ten_of_one_line():
    assert [line.split(".")[0] for line in steps()] == [str(number) for number in range(1, 11)]
    assert all(named_functions(line) for line in steps())


def test_they_are_taken_in_this_order(one_check):
    assert out_of_order(steps(), one_check) == []


def test_control_another_order_is_noticed(one_check):
    lines = steps()
    lines[2], lines[6] = lines[6], lines[2]
    assert out_of_order(lines, one_check)
    assert out_of_order(["1. `judge.py: by_no_one`"], one_check)


def test_every_function_named_there_is_called(one_check):
    with watched() as called:
        check(token_mean, **QUICK, counterexample=False)
        check(nameless, **QUICK, counterexample=False).to_dict()
        check(log_prob, **QUICK | {"batch": 5}, max_batches=60)
        check(noisy, **QUICK, draws=200)
        with pytest.raises(GradcheckError) as caught:
            assert_unbiased(immediate_reward, **QUICK, counterexample=False)
        str(caught.value)
    called |= one_check
    named = [name for line in steps() for name in named_functions(line)]
    assert len(named) > 20
    assert [name for name in named if first_call(called, *name) is None] == []
