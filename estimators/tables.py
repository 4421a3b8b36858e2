"""Any policy as a table of probabilities, one row for each information set, with its gradient kept."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from estimators.distributions import Policy, action_distribution
from estimators.observations import observation_features
from estimators.policies import given_probabilities
from tree.errors import invalid
from tree.tables import PolicyTable
from tree.unroll import GameTree


def probability_table(policy: Policy | PolicyTable, tree: GameTree) -> Tensor:
    """[I, A] the probability of each action in each information set, on the policy's device and in its dtype.

    A policy is a function of the observation alone, so it is asked once for each information set.

    Args:
        policy: a table ``{observation: probabilities}``, or a callable from observations to logits.
        tree: the unrolled game.

    Raises:
        InvalidArgument: if the policy's logits have the wrong shape, are NaN or +inf, or leave no legal action.
    """
    if isinstance(policy, Mapping):
        return given_probabilities(tree, policy)
    if isinstance(policy, type) or not callable(policy):
        is_class = isinstance(policy, type)
        hint = "It is a class: make an object of it." if is_class else "TabularPolicy(game) is one, uniform at first."
        raise invalid("a table {observation: probabilities}, an nn.Module or a callable", "policy", policy, hint)
    features, legal = policy_inputs(policy, tree)
    probs = action_distribution(policy, features, legal).probs
    if not probs.isfinite().all():
        infoset = int((~probs.isfinite()).any(dim=1).nonzero()[0])
        output = policy(features)
        shown = (output if isinstance(output, Tensor) else output.logits)[infoset].tolist()
        name = f"the logits at the observation {tree.observations[infoset]!r}"
        hint = "Only -inf may stand for an action that is never taken, and not for all of them."
        raise invalid("finite logits", name, shown, hint)
    return probs


def policy_inputs(policy: Policy, tree: GameTree) -> tuple[Tensor, Tensor]:
    """What a policy is asked about every information set: observations [I, D] in its dtype, legal actions [I, A]."""
    dtype, device = policy_dtype(policy)
    features = torch.as_tensor(observation_features(tree), dtype=dtype, device=device)
    return features, torch.as_tensor(tree.legal_actions, device=device)


def policy_dtype(policy: object) -> tuple[torch.dtype, torch.device]:
    """The dtype and device of the policy's first floating-point parameter; float64 on the CPU where it has none."""
    if isinstance(policy, nn.Module):
        for parameter in policy.parameters():
            if parameter.is_floating_point():
                return parameter.dtype, parameter.device
    return torch.float64, torch.device("cpu")
