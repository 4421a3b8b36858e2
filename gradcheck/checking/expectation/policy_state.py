"""What a loss may change in its policy, and what a backward pass may change elsewhere: kept, and put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from torch import Tensor, nn


@final
class PolicyState:
    """Takes the gradients off a policy's parameters, and in the end puts back whatever was changed.

    Values, gradients, buffers, modes and what requires a gradient are put back, those of parameters that are frozen or
    that no action probability depends on, too: a loss may train its critic, or move a target network, on the way. Each
    batch then meets the same policy.
    """

    __slots__ = ("_flags", "_gradients", "_modules", "_parameters", "_tensors", "_values")

    def __init__(self, policy: nn.Module) -> None:
        self._parameters = list(policy.parameters())
        self._tensors = [*self._parameters, *policy.buffers()]
        self._modules = list(policy.modules())

    def __enter__(self) -> PolicyState:
        self._gradients = [parameter.grad for parameter in self._parameters]
        self._values = [tensor.detach().clone() for tensor in self._tensors]
        self._flags = self._current_flags()
        self.clear_gradients()
        return self

    def __exit__(self, *error: object) -> None:
        if self._current_flags() != self._flags:
            self._put_back_flags()
        self.put_back_values()
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient

    def _current_flags(self) -> list[bool]:
        return [module.training for module in self._modules] + [p.requires_grad for p in self._parameters]

    def _put_back_flags(self) -> None:
        flags = iter(self._flags)
        for module in self._modules:
            module.training = next(flags)
        for parameter in self._parameters:
            parameter.requires_grad_(next(flags))

    def clear_gradients(self) -> None:
        """Take the gradients off all parameters."""
        for parameter in self._parameters:
            parameter.grad = None

    def put_back_values(self) -> None:
        """Leave values as they were on entering."""
        with torch.no_grad():
            for tensor, value in zip(self._tensors, self._values, strict=True):
                if not torch.equal(tensor, value):
                    tensor.copy_(value)

    def before(self, parameters: Iterable[nn.Parameter]) -> list[Tensor]:
        """The values of some parameters on entering."""
        values = {id(tensor): value for tensor, value in zip(self._tensors, self._values, strict=True)}
        return [values[id(parameter)] for parameter in parameters]

    def has_moved(self, parameters: list[nn.Parameter]) -> bool:
        """Whether one of some parameters has another value than on entering."""
        return not all(torch.equal(new, old) for new, old in zip(parameters, self.before(parameters), strict=True))
