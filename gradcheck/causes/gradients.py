"""Gradients that are bent on each batch, after the loss."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from gradcheck.causes.component import Mistake, OtherLoss
from gradcheck.causes.parts import Surrogate, unknown
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes

_right = Surrogate()


def _bent(policy: Policy, episodes: Episodes, *, longest: float, always: bool = False) -> Tensor:
    """The right loss, scaled so that its gradient has at most, or always, this norm."""
    if not isinstance(policy, nn.Module):
        return unknown(policy, episodes)
    loss = _right(policy, episodes)
    parameters = [parameter for parameter in policy.parameters() if parameter.requires_grad]
    parts = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    square = sum((part.square().sum() for part in parts if part is not None), loss.new_zeros(()))
    factor = longest / (square.sqrt().detach() + 1e-6)
    return loss * (factor if always else factor.clamp(max=1))


MISTAKES: tuple[Mistake, ...] = (
    *(
        Mistake(
            "gradient_clipped",
            f"The gradient of each batch is clipped to a norm of {norm:g}: large ones count too little.",
            "Nothing, if it is meant as a safeguard: it does no harm where it never binds.",
            OtherLoss(partial(_bent, longest=norm)),
        )
        for norm in (0.5, 1.0, 5.0, 10.0)
    ),
    Mistake(
        "gradient_normalised",
        "The gradient of each batch is divided by its norm.",
        "Use the gradient as it is, or clip it where it is very large only.",
        OtherLoss(partial(_bent, longest=1.0, always=True)),
    ),
)
