"""Any policy as a table of probabilities, one row for each information set, with its gradient kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from gradcheck.estimators.distributions import Policy, as_distribution, ask
from gradcheck.estimators.policies import given_probabilities
from gradcheck.tree.errors import InvalidArgument, invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.values.policy_table import PolicyTable


def probability_table(policy: Policy | PolicyTable, tree: GameTree) -> Tensor:
    """[I, A] the probability of each action in each information set, on the policy's device and in its dtype.

    A policy is a function of the observation alone, so it is asked once for each information set.

    Args:
        policy: a table ``{observation: probabilities}``, or a callable from observations to logits.
        tree: the unrolled game.

    Raises:
        InvalidArgument: if the policy's logits have the wrong shape, are NaN or +inf, or leave no legal action; if it
            answers differently each time, or depending on what else it is asked.
    """
    if isinstance(policy, Mapping):
        return given_probabilities(tree, policy)
    if isinstance(policy, type) or not callable(policy):
        is_class = isinstance(policy, type)
        hint = "It is a class: make an object of it." if is_class else "TabularPolicy(game) is one, uniform at first."
        raise invalid("a table {observation: probabilities}, an nn.Module or a callable", "policy", policy, hint)
    features, legal = policy_inputs(policy, tree)
    probs = _probabilities(policy, features, legal)
    if not probs.isfinite().all():
        infoset = int((~probs.isfinite()).any(dim=1).nonzero()[0])
        output: Any = ask(policy, features)
        shown = (output.logits if isinstance(output, Categorical) else output)[infoset].tolist()
        name = f"the logits at the observation {tree.observations[infoset]!r}"
        hint = "Only -inf may stand for an action that is never taken, and not for all of them."
        raise invalid("finite logits", name, shown, hint)
    _require_deterministic(policy, features, legal, probs)
    return probs


def x_of(table: Tensor, tree: GameTree) -> Floats:
    """[V] x0, x1, … in float64, from a table [I, A] of probabilities."""
    return table.detach().cpu().double().numpy()[tree.legal_actions]


def sampling_table(policy: Policy | PolicyTable, tree: GameTree, *, optimised: object) -> Tensor:
    """[I, A] the probabilities that episodes are sampled with, detached.

    Where another policy is optimised they are in float64, with rows that sum to 1 as exactly: a sampler in float32 is a
    policy like any other, and its rounding no error of whoever weighs with its probabilities.
    """
    with torch.no_grad():
        table = probability_table(policy, tree)
        if optimised is policy:
            return table
        table = table.double()
        return table / table.sum(dim=1, keepdim=True)


def as_given_to(optimised: object, table: Tensor, *, sampler: object) -> Tensor:
    """The same in the dtype and on the device of the policy that is optimised, where that is another."""
    if optimised is sampler:
        return table
    dtype, device = policy_dtype(optimised)
    return table.to(dtype=dtype, device=device)


def _probabilities(policy: Policy, features: Tensor, legal: Tensor) -> Tensor:
    output = ask(policy, features)
    if isinstance(output, Categorical) and output.probs.shape == legal.shape:
        # Not through logits: torch clamps those of a distribution given by probabilities, and 0 would be 1e-7.
        probs = output.probs.masked_fill(~legal, 0.0)
        return probs / probs.sum(dim=-1, keepdim=True)
    return as_distribution(output, legal).probs


def _require_deterministic(policy: Policy, features: Tensor, legal: Tensor, probs: Tensor) -> None:
    """Ask about the first information set once more, twice in one batch: the answers must be the same.

    Dropout answers by chance; batch statistics depend on what else is asked.
    """
    try:
        with torch.no_grad():
            again = _probabilities(policy, features[:1].repeat(2, 1), legal[:1].repeat(2, 1))
        # A batch of another size may be multiplied in another order: a few dozen roundings, no more.
        same = bool((again - probs[:1]).abs().max() <= 64 * torch.finfo(probs.dtype).eps)
    except InvalidArgument:  # an answer that has not a row for each observation says so itself
        raise
    except ValueError:  # batch normalisation has no statistics of a single row
        same = False
    if not same:
        hint = "Is there dropout or batch normalisation in it? Call policy.eval() first."
        raise invalid("a policy that answers an observation the same way each time", "policy", policy, hint)


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
