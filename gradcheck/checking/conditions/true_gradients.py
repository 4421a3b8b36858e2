"""What counts as the true gradient in a setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.checking.comparison import Reference
from gradcheck.checking.conditions.base import MOVED, STEPS, Setting
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.estimators.distributions import action_log_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_tables import probability_table
from gradcheck.exact import policy_gradient
from gradcheck.tree.errors import invalid
from gradcheck.tree.unroll import GameTree
from gradcheck.tree.unrolling.observation_features import observation_features

#: ``objective(policy, episode)``: what an episode is worth, beside its return.
Objective: TypeAlias = Callable[[Any, Episodes], Tensor]


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
    table = probability_table(policy, tree)
    if not table.requires_grad:
        hint = "Its output does not depend on its parameters: look for a .detach() or no_grad()."
        raise invalid("a policy whose probabilities have a gradient", "policy", policy, hint)
    gradients = torch.autograd.grad(table.sum(), list(named.values()), allow_unused=True)
    used = {name: one for (name, one), g in zip(named.items(), gradients, strict=True) if g is not None}
    remarks = []
    if frozen:
        remarks.append(f"Not compared, because frozen: {', '.join(frozen)}.")
    if len(used) < len(named):
        others = ", ".join(name for name in named if name not in used)
        remarks.append(f"Not compared, because no action probability depends on it: {others}.")
    if (tree.legal_actions.sum(axis=1) - 1).sum() == 1:
        remarks.append(
            "There is one free probability in the game: any gradient of the right sign is proportional to any."
        )
    return used, tuple(remarks)


def references_of(
    setting: Setting, size: int, parameters: dict[str, nn.Parameter], objective: Objective | None
) -> tuple[Reference, ...]:
    """The gradients of which a loss has to have one, at a batch size.

    Args:
        setting: the game, the policy and the condition.
        size: of a batch.
        parameters: by name, those that gradients are compared in.
        objective: what is maximised, where that is not the expected discounted return.
    """
    play = setting.play
    if setting.condition.name == STEPS:
        return (
            Reference(
                "the log-probability loss with the true values, summed over the buffer's steps",
                _expected(setting, size, parameters, _over_the_buffer),
            ),
            Reference(
                "the same, divided by the number of the buffer's episodes",
                _expected(setting, size, parameters, _over_its_episodes),
            ),
        )
    if objective is not None:
        from gradcheck.objectives import true_gradient

        found = true_gradient(objective, play.tree, play.policy)[1]
        truth = Reference("the objective", _flat(found, parameters))
    else:
        truth = Reference("the expected return", _flat(policy_gradient(play.tree, play.policy), parameters))
    if play.behaviour is None or objective is not None:
        return (truth,)
    surrogate = "the surrogate whose steps are importance-weighted one by one"
    where = "the expected return at the moved parameters" if setting.condition.name == MOVED else truth.words
    return (
        Reference(where, truth.gradient),
        Reference(surrogate, _expected(setting, 1, parameters, _weighted_step_by_step)),
    )


def coordinates(parameters: dict[str, nn.Parameter]) -> tuple[str, ...]:
    """[P] names such as "weight[0, 1]".

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


def _flat(gradients: dict[str, Tensor], parameters: dict[str, nn.Parameter]) -> Tensor:
    return torch.cat([gradients[name].detach().reshape(-1).double().cpu() for name in parameters])


def _expected(
    setting: Setting, size: int, parameters: dict[str, nn.Parameter], loss: Callable[[Any, Episodes], Tensor]
) -> Tensor:
    gradient = LossGradient(loss, setting.play.policy, parameters, where=setting.where)
    return expectation(gradient, setting.collector.batches(size, ordered=False)).mean


def _over_the_buffer(policy: Any, episodes: Episodes) -> Tensor:
    return -(action_log_probs(policy, episodes) * episodes.future_returns).sum()


def _over_its_episodes(policy: Any, episodes: Episodes) -> Tensor:
    return _over_the_buffer(policy, episodes) / episodes.num_episodes


def _weighted_step_by_step(policy: Any, episodes: Episodes) -> Tensor:
    ratio = (action_log_probs(policy, episodes) - episodes.log_probs).exp()
    discounts = episodes.discount ** episodes.time_steps.to(ratio.dtype)
    return -(ratio * discounts * episodes.future_returns).sum()
