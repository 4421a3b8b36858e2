"""Claim: what tends to the true direction is *consistent*, or its limit is undecided; it is never *biased*."""

import math

import pytest

from gradcheck import check
from gradcheck.cli.check import exit_code
from tests.check.limit.losses import (
    bonus_for_rare_actions,
    clipped_to_the_second_best,
    long_game,
    mean_over_steps,
    network,
    plus_entropy,
    slowly,
)
from tests.exhaustive import the_first

QUICK = {"all_conditions": False, "counterexample": False}

SHOWN = {
    "1/√N": (plus_entropy(lambda n: n**-0.5), "1/√N"),
    "1/log N": (plus_entropy(lambda n: 1 / math.log(max(n, 2))), "1/log N"),
    "1/N²": (plus_entropy(lambda n: n**-2.0), "1/N²"),
    "1/N^(1/4)": (plus_entropy(lambda n: n**-0.25), "1/N^(1/4)"),
    "mean over steps + 1/√N": (plus_entropy(lambda n: n**-0.5, mean_over_steps), "1/√N"),
    "bonus for rare actions": (bonus_for_rare_actions, "1/√N"),
}
PERHAPS = {
    "1/√(N + 3)": plus_entropy(lambda n: (n + 3) ** -0.5),
    "1/log(N + 1)": plus_entropy(lambda n: 1 / math.log(n + 1)),
    "1/N^0.4": plus_entropy(lambda n: n**-0.4),
    "log N/N + 1/√N": plus_entropy(lambda n: math.log(n) / n + n**-0.5),
    "1/log(1 + log(1 + N))": plus_entropy(slowly),
}


@pytest.mark.parametrize("name", the_first(3, SHOWN))
def test_a_law_that_is_met_exactly_is_named(name):
    loss, rate = SHOWN[name]
    result = check(loss, accept="consistent", **QUICK)
    assert result
    assert result.limit.tends == "right"
    assert result.limit.rate == rate


@pytest.mark.parametrize("loss", [mean_over_steps, clipped_to_the_second_best])
def test_what_fades_and_leaves_nothing_in_a_large_batch(loss):
    assert check(loss, **QUICK).verdict == "consistent"


@pytest.mark.parametrize("name", the_first(2, PERHAPS))
def test_a_law_that_is_met_nearly_leads_to_no_wrong_verdict(name):
    assert check(PERHAPS[name], **QUICK).verdict in ("consistent", "inconclusive")


def test_a_game_with_hundreds_of_episodes_and_a_network():
    game = long_game(7)
    assert check(mean_over_steps, game, network(game), batch=2, **QUICK).verdict == "consistent"


@pytest.mark.parametrize(
    "weight",
    [lambda n: 0.2 + n**-0.5, lambda n: 0.2 + 1 / math.log(max(n, 2)), lambda n: 0.2 + 1 / n],
    ids=["1/√N", "1/log N", "1/N"],
)
def test_control_the_same_with_a_rest_is_not_consistent(weight):
    assert check(plus_entropy(weight), **QUICK).verdict in ("biased", "inconclusive")


def test_what_is_undecided_about_the_limit_fails_unless_the_limit_is_asked_for():
    loss = plus_entropy(slowly)
    result = check(loss, **QUICK)
    assert result.verdict == "inconclusive"
    assert not result
    assert not result.undecided
    assert exit_code(result) == 1
    assert "FAILS" in str(result)
    assert "is not decided" in str(result)
    result = check(loss, accept="consistent", **QUICK)
    assert not result
    assert result.undecided
    assert exit_code(result) == 3
