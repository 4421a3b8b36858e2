"""The same loss, policy and game once more in float64, where the answer in float32 leaves something open."""

from __future__ import annotations

from functools import wraps
from typing import Any, TypeVar

import torch
from torch import nn

from gradcheck.checking.case import Case, make_case
from gradcheck.checking.expectation.loss_gradient import AnyLoss, name_of
from gradcheck.checking.failure import loss_failed
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes.copied_policy import copied
from gradcheck.checking.probes.subjects import Play
from gradcheck.tree.user_code import user_code

T = TypeVar("T")


def case_in_float64(case: Case, options: CheckOptions) -> Case:
    """The case with copies of its policies in float64: the same parameters, and episodes in float64.

    Args:
        case: whose policy has parameters in float32, or it is returned as it is.
        options: with which it was made.

    Raises:
        InvalidArgument: if the policy cannot play the game in float64.
        LossFailed: if it cannot be copied, or raises in float64.
    """
    if all(parameter.dtype is torch.float64 for parameter in case.policy.parameters()):
        return case
    with user_code(loss_failed):
        policy, behaviour = _doubled(case.policy), _doubled(case.behaviour)
        play = Play(case.name, case.tree, policy, behaviour, rough=case.rough)
        collector = case.condition.collector(play, options)
    return make_case(case.condition, play, collector, objective=case.objective, reference=case.reference)


def loss_in_float64(loss: AnyLoss) -> AnyLoss:
    """The loss, called while float64 is torch's default dtype: ``0.9 ** steps`` and ``torch.tensor([0.1])`` are so."""

    @wraps(loss)
    def in_float64(*arguments: Any) -> Any:
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            return loss(*arguments)
        finally:
            torch.set_default_dtype(before)

    in_float64.__name__ = name_of(loss)
    return in_float64


def _doubled(policy: T) -> T:
    return copied(policy, with_hooks=True).double() if isinstance(policy, nn.Module) else policy
