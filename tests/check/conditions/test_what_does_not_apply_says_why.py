"""A condition that can tell nothing about batches this small, or games this short, gives no verdict but a reason."""

import pytest

from gradcheck import InvalidArgument, check, games
from gradcheck.estimators import log_prob
from tests.check.conditions.off_policy_losses import log_probs


def immediate_rewards(policy, e):
    return -(log_probs(policy, e) * e.rewards).sum() / e.num_episodes


def product_of_means(policy, e):
    return -log_probs(policy, e).mean() * e.future_returns.sum()


def total_of_the_batch(policy, e):
    return -(log_probs(policy, e) * e.rewards.sum()).sum() / e.num_episodes


@pytest.mark.parametrize("loss", [immediate_rewards, product_of_means, total_of_the_batch, log_prob])
def test_a_buffer_of_one_step_is_not_judged(loss):
    result = check(loss, batch=1, counterexample=False)
    assert "fixed_steps" not in result.by_condition
    assert result.notes["fixed_steps"].startswith("Does not apply: In a buffer of one step")
    with pytest.raises(InvalidArgument, match="In a buffer of one step"):
        check(loss, batch=1, collect="steps")


@pytest.mark.parametrize("game", [games.robot_one_step(), games.bandit([0, 1, 3])])
def test_buffers_of_a_game_of_one_step_are_not_judged(game):
    result = check(log_prob, game, batch=3, counterexample=False)
    assert "every episode has one step" in result.notes["fixed_steps"]
    assert "fixed_steps" not in result.by_condition


def test_a_batch_of_one_cannot_be_split_and_holds_no_groups():
    notes = check(log_prob, batch=1, counterexample=False).notes
    assert notes["micro_batches"] == "Does not apply: A batch of 1 cannot be split."
    assert notes["groups"] == "2 groups of 2: a batch of 1 holds no two groups of two."


def test_one_group_cannot_be_split():
    with pytest.raises(InvalidArgument, match="A batch of one group cannot be split"):
        check(log_prob, batch=(1, 4), conditions="groups + micro_batches")


@pytest.mark.parametrize("loss", [immediate_rewards, total_of_the_batch])
def test_control_buffers_of_two_steps_are_judged(loss):
    result = check(loss, batch=2, counterexample=False)
    assert result.by_condition["fixed_steps"] == "biased"
    assert result.notes["fixed_steps"] == "Matches neither reference."
