"""A right loss that is held against another objective is said to climb the return; no mistake is invented for it."""

import pytest
import torch

from gradcheck import check, objectives
from gradcheck.estimators import log_prob, over_steps

QUICK = {"counterexample": False, "all_conditions": False, "batch": 2}


def squared_return(policy, episode):
    return episode.rewards.sum() ** 2


def token_mean(policy, episodes):
    return log_prob(policy, episodes, average=over_steps)


OTHERS = {"square": squared_return, "entropy": objectives.entropy_regularised("1/4")}


@pytest.mark.parametrize("name", list(OTHERS))
def test_it_ignores_the_objective(name):
    result = check(log_prob, objective=OTHERS[name], **QUICK)
    assert result.verdict == "biased"
    assert [one.cause for one in result.findings] == ["objective_ignored"]


def test_a_mistake_that_would_leave_it_wrong_explains_nothing():
    result = check(token_mean, objective=squared_return, **QUICK)
    assert [one.cause for one in result.findings] == ["unexplained"]


def test_control_without_another_objective_it_does():
    assert check(token_mean, **QUICK).findings[0].cause == "token_mean"


def test_control_the_return_by_another_name_is_the_return():
    def total(policy, episode):
        return episode.rewards.sum() + 0 * torch.zeros(())

    assert check(token_mean, objective=total, **QUICK).findings[0].cause == "token_mean"
