"""The policy that plays the probes: one linear layer, with a critic beside it where one is asked for."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical


@final
class ProbePolicy(nn.Module):
    """Observations [T, D] → logits [T, A], a ``Categorical`` or (logits [T, A], value [T]), from one linear layer.

    It answers any observation, the zeros of a padded batch included: there the bias alone decides, and has a gradient,
    so that padding that is counted shows.

    Args:
        weight: [A, D].
        value_weight: [1, D] of a critic that is wrong, as critics are; it shares nothing with the layer.
        returns: one of ``options.POLICY_OUTPUTS``.
    """

    def __init__(self, weight: Tensor, value_weight: Tensor, *, returns: str = "logits") -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(len(weight), dtype=weight.dtype))
        self.value_weight = nn.Parameter(value_weight) if returns == "logits_and_value" else None
        self.returns = returns

    def forward(self, observations: Tensor) -> Tensor | Categorical | tuple[Tensor, Tensor]:
        """Ask the policy, in the way it was made for."""
        logits = observations @ self.weight.T + self.bias
        if self.value_weight is not None:
            return logits, (observations @ self.value_weight.T).squeeze(-1)
        return Categorical(logits=logits, validate_args=False) if self.returns == "categorical" else logits
