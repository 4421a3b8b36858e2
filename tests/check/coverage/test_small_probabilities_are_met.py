"""Losses with a floor under probabilities, log-probabilities or logits fail: there are some of one in hundreds."""

import pytest

from tests.check.coverage.judged import hidden_by_tidy_games, log_probs, named, passes, scored

LOSSES = {
    "probabilities of 0.05 at least": scored(lambda p, e: log_probs(p, e).exp().clamp(0.05).log()),
    "probabilities of 0.01 at least": scored(lambda p, e: log_probs(p, e).exp().clamp(0.01).log()),
    "log-probabilities of -3 at least": scored(lambda p, e: log_probs(p, e).clamp(-3)),
    "logits within 5": scored(lambda p, e: log_probs(p, e, lambda logits: logits.clamp(-5, 5))),
    "rare actions skipped": scored(lambda p, e: log_probs(p, e) * (e.log_probs > -4)),
    "a floor added": scored(lambda p, e: (log_probs(p, e).exp() + 0.001).log()),
}


@pytest.mark.parametrize(**named({name: one for name, one in LOSSES.items() if name != "a floor added"}))
def test_it_is_noticed(loss):
    assert hidden_by_tidy_games(loss)


def test_a_floor_that_is_added_is_noticed():
    assert not passes(LOSSES["a floor added"])


def test_control_a_floor_below_all_is_none():
    assert passes(scored(lambda p, e: log_probs(p, e).clamp(-30)))
