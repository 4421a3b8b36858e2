"""All-action gradients with exact action values, and exact critics with any λ, are unbiased."""

import pytest
import torch

from gradcheck import check, policy_gradient
from tests.check.right_losses.two_steps import (
    GAME,
    PI,
    QUICK,
    TABLE,
    Q,
    V,
    is_second,
    logits_of,
    score_loss,
    table_policy,
)

TWO = {"batch": 2}


def all_actions(policy, e, values=Q):
    probabilities = logits_of(policy, e).softmax(-1)
    return -(probabilities * values[is_second(e)]).sum() / e.num_episodes


def all_actions_of_advantages(policy, e):
    return all_actions(policy, e, Q - V[:, None])


def all_actions_of_logs(policy, e):
    """Σ π detached · log π · Q."""
    here = is_second(e)
    logs = logits_of(policy, e).log_softmax(-1)
    return -(logs.exp().detach() * logs * Q[here]).sum() / e.num_episodes


def action_value(policy, e):
    return score_loss(policy, e, Q[is_second(e), e.actions])


def advantage(policy, e):
    return score_loss(policy, e, (Q - V[:, None])[is_second(e), e.actions])


def generalised_advantage(weight):
    def loss(policy, e):
        values = V[is_second(e)]
        following = torch.cat([values[1:], values.new_zeros(1)]) * ~e.dones
        errors = e.rewards + following - values
        running, found = torch.zeros(()), []
        for t in reversed(range(len(errors))):
            running = errors[t] + weight * (~e.dones[t]) * running
            found.append(running)
        return score_loss(policy, e, torch.stack(found[::-1]))

    return loss


def one_step_error(policy, e):
    return generalised_advantage(0.0)(policy, e)


def control_variate(policy, e):
    """The return less the action value at the step, and all actions' values added again."""
    return score_loss(policy, e, e.future_returns - Q[is_second(e), e.actions]) + all_actions(policy, e)


RIGHT = {
    "all actions": all_actions,
    "all actions' advantages": all_actions_of_advantages,
    "all actions' logarithms": all_actions_of_logs,
    "the action's value": action_value,
    "the action's advantage": advantage,
    "one-step error": one_step_error,
    "GAE 0.5": generalised_advantage(0.5),
    "GAE 0.95": generalised_advantage(0.95),
    "GAE 1": generalised_advantage(1.0),
    "an action-dependent control variate": control_variate,
}


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_unbiased(name):
    assert check(RIGHT[name], GAME, TABLE, **TWO, **QUICK).verdict == "unbiased"


def test_the_action_values_are_those_of_the_game():
    """By another way: the gradient in the logits of a table is reach · π · (Q - V)."""
    reach = torch.tensor([1.0, float(PI[0, 0] + PI[0, 1] / 2)], dtype=torch.float64)
    gradient = policy_gradient(GAME, table_policy())["logits"]
    assert torch.allclose(gradient, reach[:, None] * PI * (Q - V[:, None]))


WRONG_VALUES = V + torch.tensor([0.5, -1.0])


def wrong_critic(policy, e):
    """A one-step error needs a critic that is right."""
    values = WRONG_VALUES[is_second(e)]
    following = torch.cat([values[1:], values.new_zeros(1)]) * ~e.dones
    return score_loss(policy, e, e.rewards + following - values)


def all_actions_of_rewards(policy, e):
    return all_actions(policy, e, torch.tensor([[1.0, 0.5, 0.0], [3.0, -2.0, 0.5]], dtype=torch.float64))


def half_a_control_variate(policy, e):
    return score_loss(policy, e, e.future_returns - Q[is_second(e), e.actions])


@pytest.mark.parametrize("loss", [wrong_critic, all_actions_of_rewards, half_a_control_variate])
def test_control_with_one_mistake_it_is_not(loss):
    assert check(loss, GAME, TABLE, **TWO, **QUICK).verdict == "biased"
