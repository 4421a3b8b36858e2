"""What a loss may change in its policy, and what a backward pass may change elsewhere: kept, and put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from torch import Tensor, nn


@final
class PolicyState:
    """Takes the gradients off a policy's parameters, and in the end puts back whatever was changed.

    Values, gradients and buffers are put back, those of parameters that are frozen or that no action probability
    depends on, too: a loss may train its critic, or move a target network, on the way. Each batch then meets the same
    policy.
    """

    __slots__ = ("_gradients", "_parameters", "_tensors", "_values")

    def __init__(self, policy: nn.Module) -> None:
        self._parameters = list(policy.parameters())
        self._tensors = [*self._parameters, *policy.buffers()]

    def __enter__(self) -> PolicyState:
        self._gradients = [parameter.grad for parameter in self._parameters]
        self._values = [tensor.detach().clone() for tensor in self._tensors]
        self.clear_gradients()
        return self

    def __exit__(self, *error: object) -> None:
        self.put_back_values()
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient

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


@final
class GradientsOfLeaves:
    """Keeps the gradients of all tensors that a value was computed from, and puts them back in the end.

    A loss may be made of tensors that belong to somebody else: a temperature, a multiplier, a second network. A
    backward pass would add to their gradients.
    """

    __slots__ = ("_kept", "_value")

    def __init__(self, value: Tensor) -> None:
        self._value = value

    def __enter__(self) -> None:
        self._kept = [(leaf, leaf.grad) for leaf in _leaves(self._value)]
        for leaf, _ in self._kept:
            leaf.grad = None

    def __exit__(self, *error: object) -> None:
        for leaf, gradient in self._kept:
            leaf.grad = gradient


def nodes_behind(node: object) -> set[object]:
    """All nodes of torch's graph that a backward pass from one of them comes to, that one included."""
    seen, open_nodes = {node}, [node]
    while open_nodes:
        for following, _ in open_nodes.pop().next_functions:  # type: ignore[attr-defined] - torch has no type for it
            if following is not None and following not in seen:
                seen.add(following)
                open_nodes.append(following)
    return seen


def _leaves(value: Tensor) -> list[Tensor]:
    if value.grad_fn is None:
        return [value]
    return [node.variable for node in nodes_behind(value.grad_fn) if hasattr(node, "variable")]
