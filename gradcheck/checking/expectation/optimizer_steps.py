"""What plain SGD does to parameters, from the gradients that it is given: without the rounding of a difference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

_ROUNDINGS = 4  # of a step: of the product, of the sum, and of either in a fused operation; and one to spare


@final
class OptimizerSteps:
    """Sums learning rate times gradient over all steps of plain SGD that are taken while it is entered.

    (old - new) / rate has the rounding of the parameters divided by the rate: 6e-4 in float32, at a rate of 1e-4. What
    SGD was given says the same, exactly. It counts only where the parameters moved as it says, up to that rounding.

    Args:
        parameters: in which the steps are wanted.
    """

    __slots__ = ("_handle", "_is_plain", "_moves", "_number", "_parameters")

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._parameters = list(parameters)
        self._moves = {id(one): torch.zeros_like(one, dtype=torch.float64) for one in self._parameters}
        self._number, self._is_plain = 0, True

    def __enter__(self) -> OptimizerSteps:
        self._handle = register_optimizer_step_pre_hook(self._step)
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.remove()

    def moves(self, before: list[Tensor]) -> list[Tensor] | None:
        """Old minus new values, in float64; None where plain SGD does not account for them.

        Args:
            before: the old values.
        """
        if not self._number or not self._is_plain:
            return None
        moves = [self._moves[id(parameter)] for parameter in self._parameters]
        for parameter, old, move in zip(self._parameters, before, moves, strict=True):
            new = parameter.detach().double()
            size = torch.maximum(old.abs(), new.abs()) + move.abs()
            rounding = _ROUNDINGS * self._number * torch.finfo(old.dtype).eps * size
            if not ((old - new - move).abs() <= rounding).all():
                return None
        return moves

    def _step(self, optimizer: Any, args: object, kwargs: object) -> None:
        del args, kwargs
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if id(parameter) in self._moves and parameter.grad is not None:
                    self._is_plain = self._is_plain and type(optimizer) is torch.optim.SGD and _is_plain(group)
                    self._moves[id(parameter)] += float(group["lr"]) * parameter.grad.detach().double()
        self._number += 1


def _is_plain(group: dict[str, Any]) -> bool:
    return not (group["momentum"] or group["weight_decay"] or group["maximize"])
