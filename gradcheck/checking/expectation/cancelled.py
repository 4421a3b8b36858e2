"""Gradients that are nothing but rounding: terms that cancel on every batch, whatever the rewards are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.policy_state import PolicyState
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.tolerances import CANCELLED, CANCELLED_BELOW
from gradcheck.estimators.batches import AlikeBatches
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument

#: By what rewards and parameters are moved, up and down: from tens to a thousand units in the last place. What is left
#: of terms that cancel is a few units, which may stay the same by chance, hence several.
_MOVES = (1e-14, 3e-14, 7e-14, 2e-13)
#: No gradient changes by so much of itself there; rounding errors do.
_CHANGED = 0.1


def without_rounding(
    gradient: LossGradient,
    policy: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    estimate: GradientEstimate,
    *,
    found: Sequence[tuple[AlikeBatches, Tensor]],
    returns: float,
) -> GradientEstimate:
    """The estimate, or zero if it is made of rounding errors alone; the loss then knows that such gradients are zero.

    A mean of centred advantages is 0, and 1e-17 in float64: an expected gradient made of that may point anywhere, along
    the true gradient, too. That it is small does not tell it from the gradient of a loss in other units. But rounding
    errors follow nothing: where rewards and parameters are moved by some units in the last place, up or down, they are
    others altogether. A loss in float32 is asked again in float64 where it matters.

    Args:
        gradient: of the loss.
        policy: in whose parameters.
        parameters: that are moved.
        estimate: of the expectation.
        found: the batches with their gradients; the largest of these is looked at.
        returns: the largest, in absolute value. Gradients that are no rounding of these are not looked at.
    """
    if gradient.coarse or not 0 < estimate.largest <= CANCELLED * returns:
        return estimate
    portion, values = max(found, key=lambda one: float(one[1].abs().max()))
    row = int(values.abs().amax(1).argmax())
    here, batch = values[row], portion[row]

    def changes(move: float) -> bool:
        there = _moved(gradient, policy, parameters, batch, move)
        return there is not None and float((here - there).norm()) > _CHANGED * float(here.norm())

    # What changes to one side alone stood at a threshold.
    if not all(any(changes(sign * move) for move in _MOVES) for sign in (1, -1)):
        return estimate
    gradient.nothing_below = CANCELLED_BELOW * estimate.largest
    nothing = torch.zeros_like(estimate.mean)
    return replace(estimate, mean=nothing, variance=nothing, term_size=0.0, largest=0.0)


def _moved(
    gradient: LossGradient,
    policy: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    batch: Episodes,
    move: float,
) -> Tensor | None:
    """[P] on a batch, with other rewards and other parameters; None where the loss takes no others."""
    times = 1 + move
    changed = replace(
        batch,
        rewards=batch.rewards * times,
        future_returns=batch.future_returns * times,
        bootstrap_values=batch.bootstrap_values * times,
    )
    try:
        with PolicyState(policy):
            with torch.no_grad():
                for parameter in parameters.values():
                    parameter.mul_(times)
            return gradient.of(changed)
    except (LossFailed, InvalidArgument):  # it may want rewards of 0 and 1
        return None
