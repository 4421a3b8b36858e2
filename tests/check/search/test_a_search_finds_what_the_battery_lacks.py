"""Losses that pass on the battery, and fail where it does not look, are found in a small part of 20 seconds' tries."""

import pytest

from gradcheck.checking.question import read_question
from gradcheck.checking.search.search import search
from gradcheck.checking.verdict import Verdict
from tests.check.search.losses import WRONG, right
from tests.exhaustive import exhaustive, one_of_each

#: In 20 seconds of one core there are about 500 tries.
MOST = 150

MEMBERS = [(kind, name) for kind, members in WRONG.items() for name in members]


def searched(loss, *, most=MOST, **options):
    return search(read_question(loss, **{"search": 1e6} | options), max_tries=most, max_shrinks=0)


@pytest.mark.parametrize("member", one_of_each(MEMBERS, lambda member: member[0]), ids="-".join)
def test_it_is_found(member):
    kind, name = member
    tried, failure = searched(WRONG[kind][name])
    assert tried.found
    assert failure.verdict in {Verdict.BIASED, Verdict.CONSISTENT}
    assert not failure.verdict.at_least("proportional")


@exhaustive
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("kind", ["thresholds", "long_episodes", "visits", "actions", "sizes"])
def test_another_seed_finds_it_too(kind, seed):
    loss, *_ = WRONG[kind].values()
    assert searched(loss, seed=seed)[0].found


def test_control_the_right_loss_fails_nowhere():
    tried, failure = searched(right, most=60)
    assert failure is None
    assert (tried.found, tried.undecided) == (False, 0)
    assert tried.tried + tried.skipped >= 55  # a few come twice
