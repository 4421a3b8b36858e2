"""The coordinates in which gradients are compared: a policy's parameters, what they are called, what they stand for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import nn

from gradcheck.estimators.backward_pass import gradients_in
from gradcheck.estimators.gradients import require_gradient
from gradcheck.estimators.policy_tables import probability_table
from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.unrolling.observation_features import observation_features


def parameters_of(policy: object, tree: GameTree) -> tuple[dict[str, nn.Parameter], tuple[str, ...]]:
    """The parameters that gradients are compared in: those that the action probabilities depend on.

    Returns:
        They by name, and remarks on what is left out.

    Raises:
        InvalidArgument: if there are none.
    """
    if not isinstance(policy, nn.Module):
        hint = "TabularPolicy(game, table) makes one of a table."
        raise invalid("an nn.Module, which has parameters", "policy", policy, hint)
    named = {name: one for name, one in policy.named_parameters() if one.requires_grad}
    frozen = [name for name, one in policy.named_parameters() if not one.requires_grad]
    if not named:
        hint = "All of them are frozen: call policy.requires_grad_()." if frozen else "It has none at all."
        raise invalid("a policy with parameters that require a gradient", "policy", policy, hint)
    table = require_gradient(probability_table(policy, tree), policy)
    gradients = gradients_in(table.sum(), named.values())
    used = {name: one for (name, one), g in zip(named.items(), gradients, strict=True) if g is not None}
    remarks = []
    if frozen:
        remarks.append(f"Not compared, because frozen: {', '.join(frozen)}.")
    if len(used) < len(named):
        others = ", ".join(name for name in named if name not in used)
        remarks.append(f"Not compared, because no action probability depends on it: {others}.")
    return used, tuple(remarks)


def coordinates(parameters: Mapping[str, nn.Parameter]) -> tuple[str, ...]:
    """[P] names such as "weight[0, 1]".

    >>> import torch
    >>> coordinates({"bias": nn.Parameter(torch.zeros(2))})
    ('bias[0]', 'bias[1]')
    """
    return tuple(
        f"{name}[{', '.join(map(str, place))}]" if place else name
        for name, parameter in parameters.items()
        for place in np.ndindex(parameter.shape)
    )


def unit_observations(tree: GameTree) -> tuple[int, ...]:
    """[D] the information set that each feature stands for, where observations are unit vectors; else nothing."""
    features = observation_features(tree)
    is_unit = (features.sum(axis=1) == 1).all() and np.isin(features, (0, 1)).all()
    if not is_unit or features.shape[0] != features.shape[1]:
        return ()
    return tuple(features.argmax(axis=0).tolist())
