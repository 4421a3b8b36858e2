"""Where no episode is listed, an estimator that is wrong by more than its bounds still fails the report, and
right ones pass it; how wide the bounds are, the report says."""

import pytest

from gradcheck.document import plain_text as plain
from gradcheck.estimators import from_the_start, inverse_prob, log_prob
from gradcheck.report.data import make_report
from gradcheck.report.json_report import to_dict
from gradcheck.report.text_report import document

EPISODES = 100_000
WEIGHTS = from_the_start("9/10")


def right(policy, episodes):
    return log_prob(policy, episodes, weights=WEIGHTS)


def flipped(policy, episodes):
    return -log_prob(policy, episodes, weights=WEIGHTS)


def one_step_late(policy, episodes):
    return log_prob(policy, episodes, weights=lambda batch: WEIGHTS(batch) * (batch.time_steps > 0))


def without_the_discount(policy, episodes):
    return log_prob(policy, episodes)


def without_the_inverse(policy, episodes):
    probs = policy(episodes.observations).probs.gather(-1, episodes.actions[:, None]).squeeze(-1)
    return -(probs * WEIGHTS(episodes)).sum() / episodes.num_episodes


def over_steps(policy, episodes):
    return right(policy, episodes) * episodes.num_episodes / len(episodes.actions)


@pytest.fixture(scope="module")
def report(large_game):
    return lambda **losses: make_report(large_game, episodes=EPISODES, losses=losses)


@pytest.mark.parametrize("wrong", [flipped, one_step_late, without_the_discount, without_the_inverse, over_steps])
def test_a_wrong_one_fails(report, wrong):
    made = report(wrong=wrong)
    assert not made.passed
    assert made.identity_holds  # the theorem is not to blame
    said = " ".join(plain.render(document(made)).split())
    assert "FAILED: ∂Y = ∂R is proved" in said
    assert f"{sum(not one.agrees for one in made.estimates)} of 9 estimates lie OUTSIDE their bounds" in said
    assert to_dict(made)["agrees"] is False


def test_control_right_ones_pass(report):
    """A sound test: it fails by chance with probability at most 1e-6, and with this seed it does not."""
    made = report(right=right, other=lambda *given: inverse_prob(*given, weights=WEIGHTS))
    assert made.passed
    for one, other in zip(*made.partials.values(), strict=True):  # one gradient on every batch
        assert one.mean == pytest.approx(other.mean, rel=1e-9)


def test_an_error_smaller_than_its_bound_is_not_found_and_not_denied(report):
    """By enumeration it would be; the report claims no more than it has done."""
    made = report(scaled=lambda *given: (1 + 1e-6) * right(*given))
    assert made.passed
    assert {one.unbiased for one in made.estimates} == {None}
    assert "not enumerated" in " ".join(plain.render(document(made)).split())
