"""The battery lies on both sides of the numbers in a loss's own code, and pays nothing where there are none."""

import functools

import pytest

from gradcheck.checking.probes.around_numbers import suspicious
from tests.check.coverage.judged import judgement, log_probs, passes, plain, weighted

LIMIT = 77.0


def above_a_hundred(policy, episodes):
    return weighted(lambda e: e.future_returns.clamp(max=100.5))(policy, episodes)


def above_a_default(policy, episodes, most=41.0):
    return -(log_probs(policy, episodes) * episodes.future_returns.clamp(max=most)).sum() / episodes.num_episodes


def below_a_thousandth(policy, episodes):
    kept = episodes.future_returns.abs() > 0.003
    return -(log_probs(policy, episodes) * episodes.future_returns * kept).sum() / episodes.num_episodes


def above_a_module_variable(policy, episodes):
    kept = episodes.rewards < LIMIT
    return -(log_probs(policy, episodes) * episodes.future_returns * kept).sum() / episodes.num_episodes


def exactly(policy, episodes):
    kept = episodes.rewards != 6.25
    return -(log_probs(policy, episodes) * episodes.future_returns * kept).sum() / episodes.num_episodes


def after_the_seventh_step(policy, episodes):
    kept = episodes.time_steps < 7
    return -(log_probs(policy, episodes) * episodes.future_returns * kept).sum() / episodes.num_episodes


def ratios_beyond_22(policy, episodes):
    ratios = (log_probs(policy, episodes) - episodes.log_probs).exp().clamp(max=22.0)
    return -(ratios * episodes.future_returns).sum() / episodes.num_episodes


def ratios_below_a_twentieth(policy, episodes):
    ratios = (log_probs(policy, episodes) - episodes.log_probs).exp().clamp(min=0.05)
    return -(ratios * episodes.future_returns).sum() / episodes.num_episodes


WRONG = (above_a_default, below_a_thousandth, above_a_module_variable, exactly, after_the_seventh_step)


@pytest.mark.parametrize("loss", WRONG)
def test_it_is_noticed(loss):
    assert not passes(loss)


def test_an_argument_that_was_filled_in_counts():
    assert not passes(functools.partial(above_a_default, most=63.0))


@pytest.mark.parametrize("loss", [ratios_beyond_22, ratios_below_a_twentieth])
def test_ratios_lie_on_both_sides(loss):
    assert not passes(loss, conditions="moved_parameters", reference="stepwise")


@pytest.mark.parametrize("condition", ["groups", "discounted", "fixed_steps", "moved_parameters"])
def test_under_other_conditions_too(condition):
    names = {case.case.name for case in judgement(above_a_default, conditions=condition).cases}
    assert "rewards_around_41" in names


def a_constant_baseline(policy, episodes):
    return -(log_probs(policy, episodes) * (episodes.future_returns - 3.7)).sum() / episodes.num_episodes


def test_control_a_number_that_does_no_harm_does_none():
    found = judgement(a_constant_baseline)
    assert found.verdict == "unbiased"
    assert "rewards_around_3_7" in {case.case.name for case in found.cases}


def test_control_a_loss_without_numbers_has_no_more_probes():
    assert not {case.case.name for case in judgement(plain).cases if "around" in case.case.name}


def test_everyday_numbers_and_those_for_zero_and_infinity_are_not_suspicious():
    assert suspicious((-1e9, -1.0, 0.0, 1e-8, 0.5, 1.0, 2.0)) == ()
    assert suspicious((-5.0, 0.2, 32.0)) == (0.2, 5.0, 32.0)
