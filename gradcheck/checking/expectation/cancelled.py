"""Gradients that are nothing but rounding: terms that cancel on every batch, whatever the rewards are."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.policy_state import PolicyState
from gradcheck.checking.tolerances import CANCELLED_BELOW, LEAST_GRADIENT
from gradcheck.estimators.episodes import Episodes

#: By what rewards and parameters are moved: as much changes in a gradient, and all of a rounding error. That is a few
#: units in the last place, which may stay the same by chance, hence several.
_MOVED = (1e-6, -1e-6, 3e-6, -3e-6, 7e-6, -7e-6)
_MOST_CHANGED = 0.1


def without_rounding(
    gradient: LossGradient, policy: nn.Module, estimate: GradientEstimate, largest: Episodes, returns: float
) -> GradientEstimate:
    """The estimate, or zero if it is made of rounding errors alone; the loss then knows that such gradients are zero.

    A mean of centred advantages is 0, and 1e-17 in float64: an expected gradient made of that may point anywhere, along
    the true gradient, too. Its size does not tell it from that of a loss in other units. But rounding errors follow
    nothing: with rewards and parameters moved by a millionth they are others altogether.

    Args:
        gradient: of the loss.
        policy: in whose parameters.
        estimate: of its expectation.
        largest: the batch with the largest gradient.
        returns: the largest, in absolute value. A gradient that is not far below is not looked at.
    """
    if not 0 < estimate.largest <= LEAST_GRADIENT * returns:
        return estimate
    here = gradient.of(largest)
    nearby = (_nearby(gradient, policy, largest, moved) for moved in _MOVED)
    if all(float((here - there).norm()) <= _MOST_CHANGED * float(here.norm()) for there in nearby):
        return estimate
    gradient.nothing_below = CANCELLED_BELOW * estimate.largest
    nothing = torch.zeros_like(estimate.mean)
    return replace(estimate, mean=nothing, variance=nothing, term_size=0.0, largest=0.0)


def _nearby(gradient: LossGradient, policy: nn.Module, batch: Episodes, moved: float) -> Tensor:
    """[P] on the same batch, with other rewards and other parameters."""
    times = 1 + moved
    changed = replace(
        batch,
        rewards=batch.rewards * times,
        future_returns=batch.future_returns * times,
        bootstrap_values=batch.bootstrap_values * times,
    )
    with PolicyState(policy), torch.no_grad():
        for parameter in policy.parameters():
            numbers = torch.arange(parameter.numel(), dtype=parameter.dtype, device=parameter.device)
            parameter.add_(moved * (parameter + numbers.cos().reshape(parameter.shape)))
        with torch.enable_grad():
            return gradient.of(changed)
