"""In how many directions gradients can differ on a case: what a comparison of them is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from gradcheck.checking.budgets import KEPT_CASES
from gradcheck.checking.case import Case, kept_with_case
from gradcheck.checking.failure import loss_failed
from gradcheck.checking.tolerances import LEFT_OF_A_SPAN, LEFT_OF_A_SPAN_IN_FLOAT32
from gradcheck.estimators.policy_tables import probability_table, x_of
from gradcheck.tree.user_code import user_code
from gradcheck.tree.values.evaluation import evaluate


def one_direction_at_most(cases: Iterable[Case]) -> str:
    """A remark, where any gradient of the right sign would pass for a right direction, on every case; else nothing.

    Each case may have a scale of its own, so that two cases with a direction each have no more than one between them.
    """
    every = list(cases)
    if any(directions(case, 2) > 1 for case in every):
        return ""
    alone = all((case.tree.legal_actions.sum(axis=1) - 1).sum() == 1 for case in every)
    there = "There is one free probability in the game" if alone else "All that the policy can change is one number"
    return f"{there}: any gradient of the right sign is proportional to any."


@kept_with_case(maxsize=KEPT_CASES)
def directions(case: Case, most: int) -> int:
    """How many independent gradients the log-probabilities of a policy have, where its player can come to decide.

    What a loss makes of them, with whatever weights, has no other directions.

    Args:
        case: the game, the policy, and what samples.
        most: where counting stops.
    """
    basis: list[Tensor] = []
    for gradient in _log_prob_gradients(case):
        left, length = gradient.double(), float(gradient.double().norm())
        for unit in (*basis, *basis):  # twice: what is left of a small angle is rounded
            left = left - (left @ unit) * unit
        least = LEFT_OF_A_SPAN if gradient.dtype is torch.float64 else LEFT_OF_A_SPAN_IN_FLOAT32
        if float(left.norm()) > least * length:
            basis.append(left / left.norm())
            if len(basis) == most:
                break
    return len(basis)


def _log_prob_gradients(case: Case) -> Iterator[Tensor]:
    """[P] for each action that is ever taken, in each information set that episodes come through."""
    parameters = list(case.parameters.values())
    with user_code(loss_failed):  # the policy is asked
        table = probability_table(case.policy, case.tree)
        with torch.no_grad():
            sampled = probability_table(case.collector.policy, case.tree)
    reached = evaluate(case.tree, x_of(sampled, case.tree)).node_reach > 0
    for infoset in sorted(set(case.tree.node_infoset[reached].tolist())):
        for probability in table[infoset][table[infoset] > 0]:
            with user_code(loss_failed):
                found = torch.autograd.grad(
                    probability.log(), parameters, retain_graph=True, allow_unused=True, materialize_grads=True
                )
            yield torch.cat([one.reshape(-1).cpu() for one in found])
