"""How far rounding may have moved a true gradient, and whether it is zero in exact arithmetic."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.budgets import KEPT_CASES
from gradcheck.checking.case import Case, kept_with_case
from gradcheck.checking.estimate import TrueGradient, length
from gradcheck.checking.failure import loss_failed
from gradcheck.checking.tolerances import Tolerances
from gradcheck.estimators.gradients import flattened, named_gradients
from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.types import Array
from gradcheck.tree.user_code import user_code
from gradcheck.tree.values.evaluation import evaluate

_DRAWS = 4  # all of them are less than a third of the typical length once in 200 cases, which 1000 roundings hide


def with_rounding(case: Case, truth: TrueGradient, tolerance: Tolerances, *, of_loss: float) -> TrueGradient:
    """The same with its rounding error, and whether it is zero.

    Args:
        case: whose true gradient it is.
        truth: as it was computed.
        tolerance: of the precision of the policy, or a coarser one.
        of_loss: the magnitude of what the loss sums, on undivided batches.
    """
    norm = length(truth.gradient)
    if case.condition.compares_with_itself:
        magnitude = of_loss
    else:
        magnitude = _magnitude(case) if case.objective is None else max(of_loss, _magnitude(case))
    rounding = tolerance.rounding * max(norm, magnitude)
    # What is not made of the values of actions counts as zero where it is lost in rounding.
    is_another = case.objective is not None or case.condition.compares_with_itself
    return replace(truth, rounding=rounding, is_zero=norm <= rounding and (is_another or _is_zero(case, tolerance)))


@kept_with_case(maxsize=KEPT_CASES)
def _magnitude(case: Case) -> float:
    r"""What the rounding error of ∇J is proportional to: the length of Σ_i u_i w_i ∇ log x_i, u standard normal.

    In ∇J = Σ_i ∂R/∂x_i ∇x_i, every ∂R/∂x_i has a rounding error that is proportional to it, and so has every score
    ∇ log x_i, proportional to its 1 and not to what is left of 1 - x_i. (The x_i in ∇x_i = x_i ∇ log x_i makes the
    error smaller, but not where x_i is nearly 1.) The 1 of an action that is nearly certain shows in the scores of the
    actions beside it: so w_i is the largest |∂R/∂x_j| of all that may be done where i may.
    """
    with user_code(loss_failed):
        table = probability_table(case.policy, case.tree)
        x = x_of(table, case.tree)
        partials = np.abs(evaluate(case.tree, x).partials.astype(np.float64))
        for row in case.tree.variable_of:
            partials[row[row >= 0]] = partials[row[row >= 0]].max()
        weights = torch.as_tensor(partials)
        return _random_length(case, table, weights, logarithm=True)


def _is_zero(case: Case, tolerance: Tolerances) -> bool:
    """Whether ∇J vanishes in exact arithmetic: actions are equally good, or what they are worth cancels to rounding.

    With A_i = Σ_j x_j (Q_i - Q_j) in place of Q_i, the terms of the gradient are no larger than they must be, even if
    all returns are large or the policy is nearly deterministic.
    """
    with user_code(loss_failed):
        table = probability_table(case.policy, case.tree)
        advantages = torch.as_tensor(_advantages(case, x_of(table, case.tree)))
        if not advantages.any():
            return True
        natural = _random_length(case, table, advantages, logarithm=False)
        gradient = _gradient(case, table, advantages, logarithm=False)
    return length(gradient) <= tolerance.rounding * natural


def _advantages(case: Case, x: Array) -> Array:
    """[V] float64, worked out in rationals: Σ_j x_j (∂R/∂x_i - ∂R/∂x_j), j over the actions beside i."""
    tree = case.tree
    rows = [row[row >= 0] for row in tree.variable_of]
    exact = np.array([Fraction(value) for value in x.tolist()], dtype=object)
    for row in rows:
        exact[row] = exact[row] / sum(exact[row])
    partials = evaluate(tree, exact).partials
    found = np.zeros(len(x))
    for row in rows:
        differences = partials[row][:, None] - partials[row][None]
        found[row] = (differences * exact[row]).sum(axis=1).astype(np.float64)
    return found


def _random_length(case: Case, table: Tensor, weights: Tensor, *, logarithm: bool) -> float:
    numbers = torch.Generator().manual_seed(0)
    random = torch.randn(_DRAWS, len(weights), generator=numbers, dtype=torch.float64)
    return max(length(_gradient(case, table, weights * one, logarithm=logarithm)) for one in random)


def _gradient(case: Case, table: Tensor, weights: Tensor, *, logarithm: bool) -> Tensor:
    """[P] of Σ_i w_i x_i, or of Σ_i w_i log x_i over the actions that are ever taken."""
    x = table.cpu().double()[torch.as_tensor(case.tree.legal_actions)]
    if logarithm:
        taken = x.detach() > 0
        x, weights = x[taken].log(), weights[taken]
    return flattened(named_gradients((x * weights).sum(), case.parameters, retain_graph=True))
