"""A critic on the actor's own layers: whether what flows into them through its values is the gradient of a value loss.

A loss of an actor and a critic in one sum is right where its value loss shares layers with the actor: what the critic
learns is its own affair. An advantage that is not detached, or a value loss of the wrong sign, is wrong there, and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.checking.case import Case
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.loss_gradient import AnyLoss, LossGradient
from gradcheck.checking.expectation.policy_state import PolicyState
from gradcheck.checking.failure import LossFailed, loss_failed
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.checking.tolerances import FLOAT64
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.user_code import user_code

_TRIALS = 8  # batches on which a loss is differentiated twice


class ThroughValues(Enum):
    """What flows into shared layers through the values of a critic."""

    NOTHING = "nothing"
    VALUE_LOSS = "the gradient of a value loss"
    OF_THE_ACTOR = "a gradient that changes with the actor's logits, and has one in them, as no value loss has"
    AWAY = "a gradient that leads the values away from the returns"


@final
@dataclass(frozen=True, eq=False)
class ApartFromCritic:
    """A loss on a case with a shared critic.

    Attributes:
        case: the same with the critic's own part left out, where that is a value loss; else the case as it was.
        through_values: what was found to flow through the values.
    """

    case: Case
    through_values: ThroughValues


def shares_layers(case: Case) -> bool:
    """Whether actor and critic of a probe share layers."""
    return isinstance(case.policy, ProbePolicy) and case.policy.trunk is not None


def apart_from_critic(loss: AnyLoss, case: Case, *, size: int, learning_rate: float | None) -> ApartFromCritic:
    """Take the critic's own part out of a case, if it is that of a value loss.

    Let f be minus the expected gradient that flows through the values, v that of half the squared error of the values
    (with returns, or with the next value, detached). A value loss has no gradient in the actor: f stays as it is when
    the logits change and the values do not; or, where the logits weigh its errors, as ratios do, these are detached. It
    leads the values to the returns: f · v > 0 for one v or the other.

    Args:
        loss: to be minimised.
        case: of a probe whose actor and critic share layers.
        size: of the batches.
        learning_rate: of an optimiser that the loss makes for itself.
    """
    policy = case.policy
    assert isinstance(policy, ProbePolicy)

    def flow(loss: AnyLoss, of_policy: ProbePolicy) -> tuple[Tensor, float]:
        found, size_of_terms = [], 0.0
        for own in (of_policy, with_critic_apart(of_policy)):
            parameters = {name: parameter for name, parameter in own.named_parameters() if name in case.parameters}
            gradient = LossGradient(loss, own, parameters, where=case.where, learning_rate=learning_rate)
            estimate = expectation(gradient, case.collector.batches(size, ordered=False))
            size_of_terms = max(size_of_terms, estimate.term_size * gradient.tolerances.comparison)
            found.append(estimate.mean)
        return found[0] - found[1], size_of_terms

    found, rounding = flow(loss, policy)
    if float(found.norm()) <= rounding:
        return ApartFromCritic(_apart(case), ThroughValues.NOTHING)
    again, rounding = flow(loss, _with_other_logits(policy))
    if float((found - again).norm()) > rounding and _differentiates_the_logits(loss, case, size):
        return ApartFromCritic(case, ThroughValues.OF_THE_ACTOR)
    if all(float(found @ flow(error, policy)[0]) <= 0 for error in (_error_of_returns, _error_of_one_step)):
        return ApartFromCritic(case, ThroughValues.AWAY)
    return ApartFromCritic(_apart(case), ThroughValues.VALUE_LOSS)


def _differentiates_the_logits(loss: AnyLoss, case: Case, size: int) -> bool:
    """Whether what flows through the values has a gradient in the logits; true where that cannot be seen."""
    numbers = np.random.default_rng(0)
    for _ in range(_TRIALS):
        asked = _Leaves(case.policy)
        try:
            with PolicyState(case.policy), user_code(loss_failed):
                value = loss(asked, case.collector.random_batch(size, numbers)[0])
                flows = torch.autograd.grad(value, asked.values, create_graph=True, materialize_grads=True)
        except LossFailed:
            return True
        total = sum((flow * torch.arange(1, len(flow) + 1)).sum() for flow in flows)
        if isinstance(total, Tensor) and total.requires_grad:
            found = torch.autograd.grad(total, asked.logits, allow_unused=True, materialize_grads=True)
            if any(float(one.abs().max()) > FLOAT64.comparison * float(abs(total.detach())) for one in found):
                return True
    return False


@final
class _Leaves(nn.Module):
    """A policy whose logits and values are leaves of the graph of what is made of them."""

    def __init__(self, policy: nn.Module) -> None:
        super().__init__()
        self.policy = policy
        self.logits: list[Tensor] = []
        self.values: list[Tensor] = []

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """The same numbers."""
        logits, values = (one.detach().requires_grad_() for one in self.policy(observations))
        self.logits.append(logits)
        self.values.append(values)
        return logits, values


def with_critic_apart(policy: ProbePolicy) -> ProbePolicy:
    """A copy whose values are the same numbers, and have no gradient in the shared layers."""
    copy = deepcopy(policy)
    copy.critic_is_apart = True
    return copy


def _with_other_logits(policy: ProbePolicy) -> ProbePolicy:
    copy = deepcopy(policy)
    with torch.no_grad():
        copy.weight.mul_(0.5)
        copy.bias.mul_(-0.5)
    return copy


def _apart(case: Case) -> Case:
    assert isinstance(case.policy, ProbePolicy)
    policy = with_critic_apart(case.policy)
    own = {name: parameter for name, parameter in policy.named_parameters() if name in case.parameters}
    key = None if case.key is None else ("critic apart", case.key)
    untouched = None if case.untouched is None else _apart(case.untouched)
    return replace(case, policy=policy, parameters=own, key=key, untouched=untouched, memo={})


def _error_of_returns(policy: Callable[..., Any], episodes: Episodes) -> Tensor:
    _, values = policy(episodes.observations)
    return (values - episodes.future_returns).pow(2).sum() / 2


def _error_of_one_step(policy: Callable[..., Any], episodes: Episodes) -> Tensor:
    _, values = policy(episodes.observations)
    _, following = policy(episodes.next_observations)
    target = episodes.rewards + episodes.discount * following.detach() * ~episodes.terminated
    return (values - target).pow(2).sum() / 2
