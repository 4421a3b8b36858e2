"""The exact truth about a policy in a game, however the policy is given."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Observation
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import Evaluation, evaluate
from gradcheck.tree.values.policy_table import PolicyTable, action_probabilities

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gradcheck.estimators.distributions import Policy

#: Fraction where game and policy are rational, float otherwise.
Exact: TypeAlias = "Fraction | float"


def expected_return(game: Game | GameTree, policy: Policy | PolicyTable) -> Exact:
    """Compute R, the discounted return of an episode on average, without sampling.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: a table ``{observation: probabilities}``, or a callable (an ``nn.Module``) that maps observations
            [T, D] to logits [T, A] or to a ``torch.distributions.Categorical``.

    Returns:
        A Fraction where the numbers of the game and the policy are all rational, else a float.

    >>> from gradcheck import games
    >>> expected_return(games.robot(), games.robot_policy())
    Fraction(659, 250)
    """
    return _plain(evaluate_policy(unroll(game), policy).expected_return)


def partials(game: Game | GameTree, policy: Policy | PolicyTable) -> dict[tuple[Observation, int], Exact]:
    """Compute ∂R/∂x for the probability x of each action in each information set, all others held fixed.

    It is the reach probability of the nodes times the average return after the action. That probabilities sum to 1 is
    ignored here; ``policy_gradient`` takes it into account by the chain rule.

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: as for ``expected_return``.

    >>> from gradcheck import games
    >>> partials(games.robot_one_step(), {(2, 1): ("7/10", "3/10")})
    {((2, 1), 0): Fraction(3, 1), ((2, 1), 1): Fraction(10, 1)}

    Reference:
        Sutton, McAllester, Singh & Mansour (2000), *Policy gradient methods for reinforcement learning with function
        approximation*, theorem 1.
    """
    tree = unroll(game)
    values = evaluate_policy(tree, policy).partials
    return dict(zip(tree.variables, map(_plain, values), strict=True))


def policy_gradient(game: Game | GameTree, policy: nn.Module) -> dict[str, Tensor]:
    r"""Compute the gradient of R in the parameters of a policy, by the chain rule through the partials.

    .. math:: \nabla_\theta R = \sum_i \frac{\partial R}{\partial x_i} \nabla_\theta x_i(\theta)

    Args:
        game: any finite game, or its tree where that is at hand.
        policy: maps observations [T, D] to logits [T, A] or to a ``torch.distributions.Categorical``.

    Returns:
        ``{parameter name: gradient}`` for the parameters that require one; zero where R does not depend on it.

    Raises:
        InvalidArgument: if the policy has no parameters, or gives no probabilities.
    """
    import torch

    from gradcheck.estimators.gradients import named_gradients, parameters_of, require_gradient
    from gradcheck.estimators.policy_tables import probability_table, x_of

    parameters = parameters_of(policy, hint="A table has partials, but no parameters.")
    tree = unroll(game)
    table = require_gradient(probability_table(policy, tree), policy)
    weights = torch.as_tensor(evaluate(tree, x_of(table, tree)).partials)
    surrogate = (table.cpu().double()[torch.as_tensor(tree.legal_actions)] * weights).sum()
    return named_gradients(surrogate, parameters)


def evaluate_policy(tree: GameTree, policy: Policy | PolicyTable) -> Evaluation:
    """Everything exact about a policy: values, reach probabilities and partials. A table needs no torch."""
    if isinstance(policy, Mapping):
        return evaluate(tree, action_probabilities(tree, policy))
    import torch

    from gradcheck.estimators.policy_tables import probability_table, x_of

    with torch.no_grad():
        table = probability_table(policy, tree)
    return evaluate(tree, x_of(table, tree))


def _plain(value: Any) -> Exact:
    """The number as it is; a float in place of numpy's float64, which prints as np.float64(…)."""
    return float(value) if isinstance(value, np.floating) else value
