"""Episodes of another policy, weighted by the ratios of all that was decided before what they weigh: unbiased."""

import pytest
import torch

from gradcheck import check
from tests.check.right_losses.two_steps import BEHAVIOUR, GAME, QUICK, TABLE, log_probs, per_episode, totals

OFF = {"behaviour": BEHAVIOUR, "batch": 2}


def log_ratios(policy, e):
    return log_probs(policy, e) - e.log_probs


def whole_ratio(policy, e):
    return per_episode(e, log_ratios(policy, e)).exp()


def up_to_now(policy, e):
    """[T] the product of the ratios of an episode's steps up to each."""
    before = (e.episode_index[:, None] == e.episode_index) & (e.time_steps <= e.time_steps[:, None])
    return (before.double() @ log_ratios(policy, e)).exp()


def trajectory(policy, e):
    return -(whole_ratio(policy, e) * totals(e)).mean()


def trajectory_with_constant(policy, e):
    return -(whole_ratio(policy, e) * (totals(e) - 1.5)).mean()


def trajectory_of_scores(policy, e):
    weights = whole_ratio(policy, e).detach()[e.episode_index]
    return -(weights * log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def per_decision(policy, e):
    return -(up_to_now(policy, e) * e.rewards).sum() / e.num_episodes


def per_decision_of_scores(policy, e):
    """Each reward, weighted up to itself, times the scores of all steps up to it."""
    weighted = up_to_now(policy, e).detach() * e.rewards
    later = (e.episode_index[:, None] == e.episode_index) & (e.time_steps >= e.time_steps[:, None])
    return -(log_probs(policy, e) * (later.double() @ weighted)).sum() / e.num_episodes


def leave_one_out(policy, e):
    """The others' weighted returns, on average."""
    weighted = (whole_ratio(policy, e) * totals(e)).detach()
    others = (weighted.sum() - weighted) / (e.num_episodes - 1)
    return -(whole_ratio(policy, e) * (totals(e) - others)).mean()


def both_ratios_multiplied(policy, e):
    """Ratios as quotients of probabilities, not as differences of logarithms."""
    ratios = log_probs(policy, e).exp() / e.log_probs.exp()
    product = torch.stack([ratios[e.episode_index == i].prod() for i in range(e.num_episodes)])
    return -(product * totals(e)).mean()


RIGHT = [
    *(trajectory, trajectory_with_constant, trajectory_of_scores, per_decision),
    *(per_decision_of_scores, leave_one_out, both_ratios_multiplied),
]


@pytest.mark.parametrize("loss", RIGHT)
def test_it_is_unbiased(loss):
    assert check(loss, GAME, TABLE, **OFF, **QUICK).verdict == "unbiased"


@pytest.mark.parametrize("loss", [trajectory, per_decision, leave_one_out])
def test_it_is_unbiased_where_the_parameters_have_moved(loss):
    assert check(loss, GAME, TABLE, conditions="moved_parameters", batch=2, **QUICK).verdict == "unbiased"


def self_normalised(policy, e):
    weights = whole_ratio(policy, e)
    return -(weights * totals(e)).sum() / weights.sum()


def weights_of_scores_not_detached(policy, e):
    weights = whole_ratio(policy, e)[e.episode_index]
    return -(weights * log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def no_weights(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def clipped(policy, e):
    return -(whole_ratio(policy, e).clamp(max=1.2) * totals(e)).mean()


@pytest.mark.parametrize("loss", [self_normalised, weights_of_scores_not_detached, no_weights, clipped])
def test_control_with_one_mistake_it_is_not(loss):
    assert check(loss, GAME, TABLE, **OFF, **QUICK).verdict != "unbiased"
