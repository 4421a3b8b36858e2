"""A report on a policy that never takes some actions gives their exact partials, says that these cannot be
sampled, estimates all others, and passes; observations that are never met count as estimated, at 0."""

from fractions import Fraction

import jsonschema
import pytest

from gradcheck import games, partials
from gradcheck.document import plain_text as plain
from gradcheck.report.data import make_report
from gradcheck.report.json_report import load_schema, to_dict
from gradcheck.report.text_report import document

SURE = games.robot_policy() | {(2, 1): (1, 0), (2, 0): (0, 1)}  # never right at first, never left at last
NEVER_AGAIN = games.robot_policy() | {(2, 1): (0, 1)}  # the hillside is never met


@pytest.fixture(scope="module", params=["listed", "large"])
def sure(request, large_game):
    """A report on a policy with zeros, and the number of them."""
    if request.param == "listed":
        return make_report(games.robot(), SURE, episodes=1000), 2
    policy = {(0,): (0, "1/2", "1/2"), (1,): (0, 1, 0), (3,): (0, 1, 0), (2,): ("1/3", "1/3", "1/3")}
    return make_report(large_game, policy, episodes=1000), 2


def test_there_is_no_estimate_of_what_is_never_done(sure):
    report, zeros = sure
    for row in report.partials.values():
        assert [one is None for one in row] == [chance == 0 for chance in report.x]
        assert sum(one is None for one in row) == zeros
    assert report.passed


def test_its_exact_partial_is_there_all_the_same():
    report = make_report(games.robot(), SURE, episodes=1000)
    assert report.truth.partials.tolist() == list(partials(games.robot(), SURE).values())
    assert report.truth.partials[1] == 10  # right at first: the larger reward


def test_the_report_says_so(sure):
    report, zeros = sure
    said = " ".join(plain.render(document(report)).split())
    assert f"{zeros} actions are never taken under this policy" in said


def test_its_json_is_null(sure):
    report, _ = sure
    made = to_dict(report)
    jsonschema.validate(made, load_schema())
    for variable in made["variables"]:
        assert (variable["estimates"]["log_prob"] is None) == (variable["probability"] == 0)


def test_what_is_never_met_is_estimated_at_0():
    report = make_report(games.robot(), NEVER_AGAIN, episodes=1000)
    never_met = report.partials["log_prob"][2:]
    assert [(one.exact, one.mean, one.agrees) for one in never_met] == [(0, 0, True)] * 4
    assert report.truth.reach.tolist() == [1, 1, 0, 0, 0, 0]
    assert report.passed


def test_control_a_policy_without_zeros_has_every_estimate():
    report = make_report(games.robot(), games.robot_policy(), episodes=1000)
    assert all(one is not None for row in report.partials.values() for one in row)
    assert "never taken" not in plain.render(document(report))


def test_without_a_policy_every_legal_action_is_equally_likely(large_game):
    report = make_report(large_game, episodes=100)
    assert set(report.x.tolist()) == {Fraction(1, 3), Fraction(1, 2), Fraction(1)}
    assert games.survey(games.robot()).uniform_return == make_report(games.robot(), episodes=100).at.R
