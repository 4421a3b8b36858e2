"""Where batches are too many, losses that are sums over episodes or pairs have the moments that enumeration gives."""

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import InvalidArgument, check, games

OPTIONS = {"counterexample": False, "all_conditions": False}


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def totals(e):
    return torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)


def mean(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def total(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum()


def leave_one_out(policy, e):
    r = totals(e)
    advantages = r - (r.sum() - r) / (len(r) - 1)
    return -(log_probs(policy, e) * advantages[e.episode_index]).sum() / len(r)


def own_mean(policy, e):
    r = totals(e)
    return -(log_probs(policy, e) * (r - r.mean())[e.episode_index]).sum() / len(r)


def token_mean(policy, e):
    return -(log_probs(policy, e) * e.future_returns).mean()


@pytest.mark.parametrize("loss", [mean, total, leave_one_out, own_mean])
@pytest.mark.parametrize("size", [3, 4])
def test_they_have_the_mean_and_the_variance_of_enumeration(loss, size):
    game, policy = games.robot(), games.robot_policy()
    every = check(loss, game, policy, batch=size, **OPTIONS)
    few = check(loss, game, policy, batch=size, max_batches=20, **OPTIONS)
    assert few.by_batch_size[size].batches < every.by_batch_size[size].batches
    assert few.verdict == every.verdict
    assert few.expected_gradient.tolist() == pytest.approx(every.expected_gradient.tolist(), abs=1e-11)
    assert few.variance.tolist() == pytest.approx(every.variance.tolist(), rel=1e-9, abs=1e-11)


def test_batches_of_a_thousand():
    assert check(mean, games.robot(), games.robot_policy(), batch=1_000, **OPTIONS).verdict == "unbiased"


def test_control_what_is_neither_is_refused():
    with pytest.raises(InvalidArgument, match="no sum over single episodes, or over pairs"):
        check(token_mean, games.robot(), games.robot_policy(), batch=5, max_batches=20, **OPTIONS)
