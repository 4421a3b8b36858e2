"""A loss may return nothing on some batches, or a number, or leave the parameters alone: the gradient is zero there."""

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import InvalidArgument, check, estimators, games

OPTIONS = {"counterexample": False, "all_conditions": False, "batch": 2}
ROBOT = games.robot()


def plain(policy, e):
    return -(Categorical(logits=policy(e.observations)).log_prob(e.actions) * e.future_returns).sum() / e.num_episodes


def has_won(e):
    return (e.future_returns > 12).any()


def kept(policy, e):
    """What all of these have as their gradient."""
    return plain(policy, e) * has_won(e)


def returns_none(policy, e):
    return plain(policy, e) if has_won(e) else None


def returns_a_number(policy, e):
    return plain(policy, e) if has_won(e) else 0


def returns_a_constant(policy, e):
    return plain(policy, e) if has_won(e) else torch.tensor(3.0)


def calls_no_backward(policy, e):
    if has_won(e):
        plain(policy, e).backward()


def makes_no_step(policy, e, optimizer):
    if has_won(e):
        optimizer.zero_grad()
        plain(policy, e).backward()
        optimizer.step()


def makes_no_step_of_its_own(policy, e):
    if has_won(e):
        makes_no_step(policy, e, torch.optim.SGD(policy.parameters(), lr=0.5))


LOSSES = {
    "returns none": (returns_none, {}),
    "returns a number": (returns_a_number, {}),
    "returns a constant": (returns_a_constant, {}),
    "calls no backward": (calls_no_backward, {}),
    "makes no step": (makes_no_step, {}),
    "makes no step of its own": (makes_no_step_of_its_own, {"learning_rate": 0.5}),
}


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_zero_there(name):
    loss, options = LOSSES[name]
    wanted = check(kept, ROBOT, games.robot_policy(), **OPTIONS)
    found = check(loss, ROBOT, games.robot_policy(), **options, **OPTIONS)
    assert found.verdict == wanted.verdict
    assert found.expected_gradient.tolist() == pytest.approx(wanted.expected_gradient.tolist(), abs=1e-12)


def test_control_that_is_not_the_gradient_of_the_plain_loss():
    found = check(kept, ROBOT, games.robot_policy(), **OPTIONS)
    assert not torch.allclose(found.expected_gradient, check(plain, ROBOT, games.robot_policy()).expected_gradient)


def test_control_where_it_is_zero_on_all_batches_there_is_no_verdict():
    for loss in (lambda policy, e: None, lambda policy, e: 0, lambda policy, e: torch.zeros(())):
        with pytest.raises(InvalidArgument, match="a scalar tensor"):
            check(loss, ROBOT, games.robot_policy(), **OPTIONS)
        with pytest.raises(InvalidArgument, match="a scalar tensor"):
            check(loss, ROBOT, games.robot_policy(), draws=100, max_batches=10, batch=20)


def test_control_other_things_that_are_returned_are_refused():
    for value in ("loss", {"loss": 1.0}, (estimators.log_prob, 1)):
        with pytest.raises(InvalidArgument, match="a scalar tensor"):
            check(lambda policy, e, value=value: value, ROBOT, **OPTIONS)
