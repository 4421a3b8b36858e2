"""unbiased < proportional < consistent < inconclusive < biased, wherever verdicts are compared."""

import itertools

import pytest

from gradcheck import Verdict
from gradcheck.checking.verdict import best, worst

ORDER = ["unbiased", "proportional", "consistent", "inconclusive", "biased"]


def test_it_is_the_order_of_the_members():
    assert [str(verdict) for verdict in Verdict] == ORDER


@pytest.mark.parametrize("better", range(5))
@pytest.mark.parametrize("worse", range(5))
def test_the_worst_of_two_comes_later_and_the_best_earlier(better, worse):
    pair = [Verdict(ORDER[better]), Verdict(ORDER[worse])]
    for verdicts in itertools.permutations(pair):
        assert worst(verdicts) == ORDER[max(better, worse)]
        assert best(verdicts) == ORDER[min(better, worse)]


def test_what_is_undecided_passes_nothing():
    assert not any(Verdict.INCONCLUSIVE.at_least(verdict) for verdict in Verdict)


def test_control_what_is_decided_passes_what_it_is_as_good_as():
    decided = [verdict for verdict in Verdict if verdict is not Verdict.INCONCLUSIVE]
    passed = {(one.value, other.value) for one in decided for other in decided if one.at_least(other)}
    names = [verdict.value for verdict in decided]
    assert passed == {(a, b) for i, a in enumerate(names) for b in names[i:]}
