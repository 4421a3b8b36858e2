"""log(p + ε), p / (q + ε): right while ε is below the precision, and otherwise no exact verdict."""

import pytest

from gradcheck import check
from tests.check.rounding.everyday import OPTIONS, log_probs, plain


def in_the_logarithm(epsilon):
    def loss(policy, e):
        return -((log_probs(policy, e).exp() + epsilon).log() * e.future_returns).sum() / e.num_episodes

    return loss


def in_the_ratio(epsilon):
    def loss(policy, e):
        ratios = log_probs(policy, e).exp() / (e.log_probs.exp() + epsilon)
        return -(ratios * e.future_returns).sum() / e.num_episodes

    return loss


def in_the_averages(epsilon):
    def loss(policy, e):
        return plain(policy, e) * e.num_episodes / (e.num_episodes + epsilon * e.future_returns.abs().sum())

    return loss


FORMS = [in_the_logarithm, in_the_ratio, in_the_averages]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("epsilon", [1e-6, 1e-8, 1e-10])
def test_above(form, epsilon):
    result = check(form(epsilon), **OPTIONS)
    assert not result
    assert result.by_batch_size[4].verdict == "biased"
    assert 1e-3 * epsilon < result.relative_bias < 1e3 * epsilon


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("epsilon", [0.0, 1e-17])
def test_control_below(form, epsilon):
    assert check(form(epsilon), **OPTIONS).verdict == "unbiased"
