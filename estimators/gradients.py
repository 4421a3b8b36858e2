"""Gradients in a policy's parameters: which parameters count, values differentiated in them, and the score Jacobian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.estimators.backward_pass import gradients_in
from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.progress import progress
from gradcheck.tree.types import Floats


def parameters_of(policy: object, *, hint: str = "") -> dict[str, nn.Parameter]:
    """The parameters of a policy that require a gradient, by name.

    Args:
        policy: must be an ``nn.Module``.
        hint: the end of the message where it is none.

    Raises:
        InvalidArgument: if it is no module, or has no such parameters.
    """
    if not isinstance(policy, nn.Module):
        raise invalid("an nn.Module", "policy", policy, hint)
    parameters = {name: parameter for name, parameter in policy.named_parameters() if parameter.requires_grad}
    if not parameters:
        raise invalid("a policy with parameters that require a gradient", "policy", policy)
    return parameters


def require_gradient(value: Tensor, policy: object) -> Tensor:
    """Pass on a value made of a policy's probabilities, such as a table of them, if it can be differentiated.

    Raises:
        InvalidArgument: if it does not depend on the policy's parameters.
    """
    if not value.requires_grad:
        hint = "Its output does not depend on its parameters: look for a .detach() or no_grad()."
        raise invalid("a policy whose probabilities have a gradient", "policy", policy, hint)
    return value


def named_gradients(
    value: Tensor, parameters: Mapping[str, nn.Parameter], *, retain_graph: bool = False
) -> dict[str, Tensor]:
    """The gradient of a scalar in each parameter, by name; zeros for a parameter that it does not depend on.

    Args:
        value: a scalar that requires a gradient.
        parameters: by name.
        retain_graph: whether other values are to be differentiated through the same graph.
    """
    gradients = gradients_in(value, parameters.values(), retain_graph=retain_graph)
    return {
        name: torch.zeros_like(parameter) if gradient is None else gradient
        for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True)
    }


def flat_gradient(value: Tensor, parameters: Mapping[str, nn.Parameter], *, retain_graph: bool = False) -> Tensor:
    """[P] float64 on the CPU: the gradient of a scalar in all parameters, one after another.

    Args:
        value: a scalar that requires a gradient.
        parameters: by name; P numbers in all.
        retain_graph: whether other values are to be differentiated through the same graph.

    >>> weight = nn.Parameter(torch.tensor([2.0, 3.0]))
    >>> flat_gradient((weight**2).sum(), {"weight": weight, "unused": nn.Parameter(torch.tensor(1.0))})
    tensor([4., 6., 0.], dtype=torch.float64)
    """
    return flattened(named_gradients(value, parameters, retain_graph=retain_graph))


def flattened(gradients: Mapping[str, Tensor]) -> Tensor:
    """[P] float64 on the CPU: the numbers of all parameters, one after another."""
    return torch.cat([gradient.detach().reshape(-1).double().cpu() for gradient in gradients.values()])


@final
@dataclass(frozen=True, eq=False)
class ScoreJacobian:
    """A policy's action probabilities in a game, and their scores.

    Attributes:
        x: [V] float64, the probability of each variable.
        scores: [V, P] float64, the gradient of its logarithm; 0 for an action that is never taken.
        shapes: of each of the policy's parameters, by name, in the order in which the P columns hold them.
    """

    x: Floats
    scores: Floats
    shapes: Mapping[str, tuple[int, ...]]


def score_jacobian(policy: nn.Module, tree: GameTree) -> ScoreJacobian:
    r"""The probabilities and scores of a policy, in the order of the tree's variables.

    The policy computes in its own precision. The probability of an action that is never taken is 0, and so is its row:
    the logarithm has no gradient there, and nothing that is averaged over episodes meets it.

    Args:
        policy: maps observations [T, D] to logits [T, A] or to a ``torch.distributions.Categorical``.
        tree: the unrolled game.

    Raises:
        InvalidArgument: if the policy has no parameters that require a gradient, or its probabilities do not depend on
            them.

    >>> from gradcheck.estimators.policies import TabularPolicy
    >>> from gradcheck.tree.games.robot import robot_one_step
    >>> from gradcheck.tree.unroll import unroll
    >>> tree = unroll(robot_one_step())
    >>> score_jacobian(TabularPolicy(tree, {(2, 1): (0.75, 0.25)}), tree).scores
    array([[ 0.25, -0.25],
           [-0.75,  0.75]])
    """
    parameters = parameters_of(policy)
    table = require_gradient(probability_table(policy, tree), policy)
    x = x_of(table, tree)
    probabilities = table[torch.as_tensor(tree.legal_actions, device=table.device)]
    scores = np.zeros((len(x), sum(parameter.numel() for parameter in parameters.values())))
    taken = np.flatnonzero(x > 0).tolist()
    for variable in progress(taken, len(taken), "scores of variables"):
        # One by one: the logarithm of a 0 among them would turn every gradient into NaN.
        scores[variable] = flat_gradient(probabilities[variable].log(), parameters, retain_graph=True).numpy()
    return ScoreJacobian(x, scores, {name: tuple(parameter.shape) for name, parameter in parameters.items()})
