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
        value_weight: [1, D] of a critic that is wrong, as critics are.
        bias: [A].
        returns: one of ``options.POLICY_OUTPUTS``.
        shared_trunk: whether actor and critic read the observations through one square matrix, the identity at first,
            in which both have a gradient; else the critic shares nothing with the layer.

    Attributes:
        critic_is_apart: whether the values, the same numbers as ever, have no gradient in what is shared.
    """

    def __init__(
        self,
        weight: Tensor,
        value_weight: Tensor,
        *,
        bias: Tensor | None = None,
        returns: str = "logits",
        shared_trunk: bool = False,
    ) -> None:
        super().__init__()
        has_critic = returns == "logits_and_value"
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(len(weight), dtype=weight.dtype) if bias is None else bias)
        self.value_weight = nn.Parameter(value_weight) if has_critic else None
        identity = torch.eye(weight.shape[1], dtype=weight.dtype)
        self.trunk = nn.Parameter(identity) if has_critic and shared_trunk else None
        self.returns, self.critic_is_apart = returns, False

    def forward(self, observations: Tensor) -> Tensor | Categorical | tuple[Tensor, Tensor]:
        """Ask the policy, in the way it was made for."""
        seen = observations if self.trunk is None else observations @ self.trunk.T
        logits = seen @ self.weight.T + self.bias
        if self.value_weight is not None:
            return logits, ((seen.detach() if self.critic_is_apart else seen) @ self.value_weight.T).squeeze(-1)
        return Categorical(logits=logits, validate_args=False) if self.returns == "categorical" else logits
