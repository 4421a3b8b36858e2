"""Wrong losses are told from right ones by their exact verdicts, and the reason for what is wrong is named first."""

from dataclasses import replace

import pytest

from gradcheck import InvalidArgument
from tests.check.corpus import RIGHT, WRONG
from tests.exhaustive import one_of_each

REFUSED = [case for case in WRONG if case.verdict == "refused"]
JUDGED = [case for case in WRONG + RIGHT if case.verdict != "refused"]
EXPLAINED = [case for case in WRONG if case.cause is not None]


def each(values, **options):
    """Of those that every run checks there is one for each verdict under each condition."""
    return one_of_each(values, lambda case: (case.condition, case.verdict), **options)


def has_its_verdict(case, checked):
    return checked(case).verdict == case.verdict


@pytest.mark.parametrize("case", each(JUDGED, slow=lambda case: case.condition.count("+") > 1), ids=str)
def test_the_verdict_is_that_of_brute_force(case, checked):
    assert has_its_verdict(case, checked)


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # torch warns of what the case is about
@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_no_verdict_can_be_about_is_refused(case, checked):
    with pytest.raises(InvalidArgument, match=r"^Expected "):
        checked(case)


@pytest.mark.parametrize("case", each(EXPLAINED), ids=str)
def test_the_first_finding_is_the_cause(case, checked):
    assert checked(case).findings[0].cause in (case.cause, *case.synonyms)


@pytest.mark.parametrize("case", each([case for case in WRONG if "objective" in case.options]), ids=str)
def test_what_changes_the_length_alone_is_no_reason_for_a_bias(case, checked):
    # Some of them climb the return, right but for its length, where another objective was given.
    named = {finding.cause for finding in checked(case).findings}
    assert not named & {"broadcast_over_episodes", "self_inclusive_mean", "first_episode_only"}


@pytest.mark.parametrize("case", each([case for case in RIGHT if case.verdict == "unbiased"]), ids=str)
def test_nothing_is_found_in_what_is_unbiased(case, checked):
    result = checked(case)
    assert result
    assert not result.findings


@pytest.mark.parametrize("case", each([case for case in WRONG if case.verdict == "biased"]), ids=str)
def test_what_is_biased_does_not_pass_at_any_level(case, checked):
    result = checked(case)
    assert not result
    assert not result.verdict.at_least(type(result.verdict)("consistent"))


def test_the_corpus_is_large_and_varied():
    assert len(WRONG) >= 66
    assert len(RIGHT) >= 30
    assert len(EXPLAINED) >= 111  # each has a test of its own that its cause is named first
    assert len({case.bug_class for case in WRONG if case.bug_class}) >= 40
    assert len({case.name for case in WRONG + RIGHT}) == len(WRONG + RIGHT)


@pytest.mark.parametrize("case", [case for case in RIGHT if case.name in ("reinforce", "leave_one_out")], ids=str)
def test_control_a_right_loss_of_the_wrong_sign_has_not_its_verdict(case, checked):
    turned = replace(case, name=f"minus {case.name}", loss=lambda policy, episodes: -case.loss(policy, episodes))
    assert not has_its_verdict(turned, checked)


def test_control_a_cause_that_is_not_there_is_not_found(checked):
    (sign,) = (case for case in WRONG if case.name == "missing_minus")
    assert "immediate_reward" not in {finding.cause for finding in checked(sign).findings}
