"""A table of logits in which actions that are not legal have ordinary logits, as those of a network do."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from gradcheck.estimators.policies import TabularPolicy

_UNSEEN = (0.25, -0.5, 1.0)


@final
class UnmaskedTable(nn.Module):
    """Plays as a ``TabularPolicy`` does, and leaves the mask to the loss: its illegal actions have finite logits.

    Args:
        table: that it plays like.
    """

    def __init__(self, table: TabularPolicy) -> None:
        super().__init__()
        self.lookup, self.legal_actions = table.lookup, table.legal_actions
        illegal = ~table.legal_actions
        others = torch.tensor(_UNSEEN, dtype=torch.float64).repeat(illegal.numel())[: illegal.numel()]
        self.logits = nn.Parameter(torch.where(illegal, others.reshape(illegal.shape), table.logits.detach()))

    def forward(self, observations: Tensor) -> Tensor:
        """Observations [T, D] → logits [T, A]."""
        infosets, known = self.lookup.find(observations)
        return self.logits[infosets].masked_fill(~known.unsqueeze(-1), torch.nan)
