"""Whether a policy is in training, and which of its parameters are frozen, is after a check as it was before."""

import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import check, games


def reinforce(policy, e):
    taken = Categorical(logits=policy(e.observations)).log_prob(e.actions)
    return -(taken * e.future_returns).sum() / e.num_episodes


def in_evaluation(policy, e):
    policy.eval()
    return reinforce(policy, e)


def with_a_frozen_layer(policy, e):
    loss = reinforce(policy, e)
    policy[0].requires_grad_(False)
    return loss


def state(policy):
    return [module.training for module in policy.modules()], [p.requires_grad for p in policy.parameters()]


@pytest.mark.parametrize("loss", [reinforce, in_evaluation, with_a_frozen_layer])
@pytest.mark.parametrize("training", [True, False])
def test_it_is_judged_and_leaves_no_trace(loss, training):
    torch.manual_seed(0)
    policy = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2)).double().train(training)
    before = state(policy)
    result = check(loss, games.robot(), policy, batch=2, counterexample=False, all_conditions=False)
    assert result.verdict == ("biased" if loss is with_a_frozen_layer else "unbiased")  # which then gets no gradient
    assert state(policy) == before
