"""The scores of a policy network: the Jacobian of the log-probabilities in all its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.progress import progress


@final
@dataclass(frozen=True, eq=False)
class PolicyScores:
    """A policy's action probabilities in a game, and their scores.

    Attributes:
        x: [V] float64, the probability of each variable.
        scores: [V, P] float64, the gradient of its logarithm; 0 for an action that is never taken.
        shapes: of each of the policy's parameters, by name, in the order in which the P columns hold them.
    """

    x: NDArray[np.float64]
    scores: NDArray[np.float64]
    shapes: Mapping[str, tuple[int, ...]]


def policy_scores(policy: nn.Module, tree: GameTree) -> PolicyScores:
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
    >>> policy_scores(TabularPolicy(tree, {(2, 1): (0.75, 0.25)}), tree).scores
    array([[ 0.25, -0.25],
           [-0.75,  0.75]])
    """
    parameters = {name: parameter for name, parameter in policy.named_parameters() if parameter.requires_grad}
    if not parameters:
        raise invalid("a policy with parameters that require a gradient", "policy", policy)
    table = probability_table(policy, tree)
    if not table.requires_grad:
        hint = "Its output does not depend on its parameters: look for a .detach() or no_grad()."
        raise invalid("a policy whose probabilities have a gradient", "policy", policy, hint)
    x = x_of(table, tree)
    probabilities = table[torch.as_tensor(tree.legal_actions, device=table.device)]
    scores = np.zeros((len(x), sum(parameter.numel() for parameter in parameters.values())))
    taken = np.flatnonzero(x > 0).tolist()
    for variable in progress(taken, len(taken), "scores of variables"):
        # One by one: the logarithm of a 0 among them would turn every gradient into NaN.
        gradients = torch.autograd.grad(
            probabilities[variable].log(),
            list(parameters.values()),
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        scores[variable] = torch.cat([gradient.reshape(-1) for gradient in gradients]).double().cpu().numpy()
    return PolicyScores(x, scores, {name: tuple(parameter.shape) for name, parameter in parameters.items()})
