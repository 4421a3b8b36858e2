"""The training loop: sample episodes, take a step against the loss's gradient, repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import nn
from torch.optim import Adam, Optimizer

from gradcheck.estimators.episode_list import expected_return_of
from gradcheck.estimators.policy_gradients import Loss, check_value, vanilla
from gradcheck.estimators.policy_tables import probability_table
from gradcheck.estimators.sampling import generator, sample
from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.progress import progress
from gradcheck.tree.unroll import unroll
from gradcheck.tree.validation.arguments import positive_int64


@final
@dataclass(frozen=True)
class Training:
    """How a training run went.

    Attributes:
        expected_returns: the exact expected return before the first update and after each, so one more than updates.
    """

    expected_returns: tuple[float, ...]

    @property
    def final_return(self) -> float:
        """The exact expected return at the end."""
        return self.expected_returns[-1]


def train(
    game: Game | GameTree,
    policy: nn.Module,
    *,
    loss: Loss = vanilla,
    updates: int = 500,
    batch: int = 64,
    optimizer: Optimizer | None = None,
    learning_rate: float = 0.05,
    seed: int = 0,
) -> Training:
    """Improve the policy, in place, by sampled gradients; the truth is only used to record how well it does.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.
        loss: ``loss(policy, episodes)``, a scalar to minimise. By default ``vanilla``: ``log_prob`` with normalised
            returns, averaged over steps.
        updates: how many.
        batch: episodes sampled for each update.
        optimizer: over the policy's parameters; Adam with ``learning_rate`` by default.
        learning_rate: of that Adam.
        seed: of the episodes.

    Raises:
        InvalidArgument: if an argument cannot be used, or the loss is not a finite scalar with a gradient.
    """
    tree = unroll(game)
    if not isinstance(policy, nn.Module):
        raise invalid(
            "an nn.Module", "policy", policy, "A table has no parameters to train; TabularPolicy(game, table) has."
        )
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise invalid("an optimizer over the policy's parameters", "optimizer", optimizer)
    optimizer = optimizer or Adam(policy.parameters(), lr=learning_rate)
    seeds = generator(seed).integers(2**63, size=positive_int64(updates, "updates"))

    def truth() -> float:
        with torch.no_grad():
            return expected_return_of(tree, probability_table(policy, tree))

    returns = [truth()]
    for number, update_seed in enumerate(progress(seeds.tolist(), updates, "training, updates")):
        value = check_value(loss(policy, sample(tree, policy, batch, update_seed)))
        if not value.isfinite():
            hint = f"Update {number}. A batch of {batch} episodes may be too small for the loss."
            raise invalid("a loss that is a finite number", "loss(policy, episodes)", value.item(), hint)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        returns.append(truth())
    return Training(tuple(returns))
