"""A wrong estimator makes the report say FAILED, and how many of its estimates are out of bounds."""

import pytest

from gradcheck import games
from gradcheck.document import plain_text as plain
from gradcheck.document.blocks import Text
from gradcheck.estimators import inverse_prob, log_prob
from gradcheck.report import data
from gradcheck.report.data import make_report
from gradcheck.report.json_report import to_dict
from gradcheck.report.text_report import document

EPISODES = 1_000_000


@pytest.fixture(autouse=True)
def only_the_smallest_batches(monkeypatch):
    """What habits do at larger batches is of no interest here, and takes seconds."""
    monkeypatch.setattr(data, "BATCH_SIZES", range(2, 3))


def report(**losses):
    return make_report(games.robot(), games.robot_policy(), episodes=EPISODES, losses=losses or None)


def flipped(policy, episodes):
    """The classic: ascending on the loss."""
    return -log_prob(policy, episodes)


def verdict(made):
    return [block for block in document(made) if isinstance(block, Text) and block.text.startswith(("PASS", "FAIL"))]


def test_a_flipped_sign_fails_wherever_the_gradient_is_not_zero():
    made = report(flipped=flipped)
    assert not made.passed
    assert not made.agrees
    assert made.identity_holds  # the theorem is not to blame
    # All but ∂R/∂x4, which is 0 whatever its sign.
    assert [one.agrees for one in made.estimates] == [one.exact == 0 for one in made.estimates]
    [said] = verdict(made)
    assert said.text == "FAILED: ∂Y = ∂R is proved, and 11 of 12 estimates are BIASED, or lie outside their bounds."
    assert said.verdict is False


def test_one_wrong_estimator_among_right_ones_fails():
    made = report(log_prob=log_prob, flipped=flipped, inverse_prob=inverse_prob)
    [said] = verdict(made)
    assert said.text.startswith("FAILED")
    assert "11 of 36 estimates are BIASED" in said.text
    assert all(one.agrees for one in made.partials["log_prob"])
    assert "flipped" in plain.render(document(made))


def test_an_estimator_wrong_by_a_hundredth_fails_too():
    made = report(scaled=lambda policy, episodes: 1.01 * log_prob(policy, episodes))
    assert not made.passed


def test_an_estimator_wrong_by_less_than_its_bound_fails_by_enumeration():
    made = report(scaled=lambda policy, episodes: (1 + 1e-6) * log_prob(policy, episodes))
    assert all(one.within_bound for one in made.estimates)
    assert not made.passed


def test_the_json_says_so_too():
    made = to_dict(report(flipped=flipped))
    assert made["agrees"] is False
    assert made["identity_holds"] is True
    within = [variable["estimates"]["flipped"]["within_bound"] for variable in made["variables"]]
    assert within == [variable["partial_R"] == 0 for variable in made["variables"]]


def test_control_right_estimators_pass():
    """A sound test: it fails by chance with probability at most 1e-6, and with this seed it does not."""
    made = report()
    assert made.passed
    [said] = verdict(made)
    assert (
        said.text
        == "PASSED: ∂Y = ∂R is proved, and all 24 estimates are unbiased and lie within their bounds, ±0.091 or less."
    )
    assert said.verdict is True
