"""Where two known mistakes are made in one loss, both are named, neither of them alone."""

import pytest
import torch

from tests.check.diagnosis.mistaken import (
    diagnosed,
    log_probs,
    names,
    padded_mean,
    sequence_mean,
    sums,
    taken_probs,
    token_mean,
)
from tests.exhaustive import the_first


def clipped_rewards(average):
    return lambda policy, e: -average(log_probs(policy, e) * sums(e, e.rewards.clamp(-1, 1), later=True), e)


def softmax_twice(policy, e):
    twice = policy(e.observations).softmax(-1).log_softmax(-1)
    return twice.gather(-1, e.actions[:, None]).squeeze(-1)


PAIRS = {
    ("temperature", "token_mean"): lambda policy, e: -token_mean(log_probs(policy, e, 2.0) * e.future_returns, e),
    ("softmax_twice", "sequence_mean"): lambda policy, e: (
        -sequence_mean(softmax_twice(policy, e) * e.future_returns, e)
    ),
    ("last_step_dropped", "sequence_mean"): lambda policy, e: (
        -sequence_mean(log_probs(policy, e) * e.future_returns * ~e.dones, e)
    ),
    ("rewards_so_far", "padded_mean"): lambda policy, e: (
        -padded_mean(log_probs(policy, e) * sums(e, e.rewards, later=False), e)
    ),
    ("max_baseline", "token_mean"): lambda policy, e: (
        -token_mean(log_probs(policy, e) * (e.future_returns - e.future_returns.max()), e)
    ),
    ("probability_floor", "token_mean"): lambda policy, e: (
        -token_mean((taken_probs(policy, e) + 1e-2).log() * e.future_returns, e)
    ),
    ("rewards_clipped", "token_mean"): clipped_rewards(token_mean),
    ("rewards_clipped", "sequence_mean"): clipped_rewards(sequence_mean),
    ("rewards_clipped", "padded_mean"): clipped_rewards(padded_mean),
}


@pytest.mark.parametrize("pair", the_first(4, PAIRS), ids="+".join)
def test_both_are_named_with_what_each_of_them_is_compared_with(pair):
    result = diagnosed(PAIRS[pair])
    assert names(result) == list(pair)
    for finding, other in zip(result.findings, reversed(pair), strict=True):
        assert f"together with {other}" in finding.evidence
        assert f"on all {len(result.probes)} probes" in finding.evidence


@pytest.mark.parametrize("average", [token_mean, sequence_mean, padded_mean])
def test_control_one_mistake_is_named_alone(average):
    result = diagnosed(lambda policy, e: -average(log_probs(policy, e) * e.future_returns, e))
    assert names(result) == [average.__name__]


def test_control_three_mistakes_at_once_get_no_name():
    def loss(policy, e):
        return -token_mean(log_probs(policy, e, 2.0) * sums(e, e.rewards, later=False), e)

    assert names(diagnosed(loss)) == ["unexplained"]


def test_a_mistake_and_a_term_are_both_named():
    def loss(policy, e):
        entropy = torch.distributions.Categorical(logits=policy(e.observations)).entropy()
        return -token_mean(log_probs(policy, e) * e.future_returns, e) - 0.1 * entropy.mean()

    result = diagnosed(loss)
    assert names(result) == ["token_mean", "entropy_bonus"]
    assert "plus 0.1 times" in result.findings[1].evidence
