"""A backward pass that leaves no trace: gradients by ``backward``, where torch needs that, with all others put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction


def gradients_in(
    value: Tensor, parameters: Iterable[nn.Parameter], *, retain_graph: bool = False
) -> list[Tensor | None]:
    """The gradient of a scalar in each parameter; None for a parameter that it does not depend on.

    Hooks on the parameters have no say: they change what a trainer is given, not what the gradient is. A function with
    a backward pass of its own, such as a reentrant checkpoint, may hold parameters that torch's graph does not show;
    only ``backward`` comes to them.

    Args:
        value: a scalar that requires a gradient.
        parameters: in which.
        retain_graph: whether other values are to be differentiated through the same graph.
    """
    parameters = list(parameters)
    with _without_hooks(parameters):
        if not any(isinstance(node, BackwardCFunction) for node in nodes_behind(value.grad_fn)):
            return list(torch.autograd.grad(value, parameters, retain_graph=retain_graph, allow_unused=True))
        kept = [parameter.grad for parameter in parameters]
        with GradientsOfLeaves(value):
            for parameter in parameters:
                parameter.grad = None
            value.backward(retain_graph=retain_graph)
            found = [parameter.grad for parameter in parameters]
        for parameter, gradient in zip(parameters, kept, strict=True):
            parameter.grad = gradient
        return found


@contextmanager
def _without_hooks(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    registered = [hooks for p in parameters for hooks in (p._backward_hooks, p._post_accumulate_grad_hooks) if hooks]
    before = [dict(hooks) for hooks in registered]
    for hooks in registered:
        hooks.clear()
    try:
        yield
    finally:
        for hooks, kept in zip(registered, before, strict=True):
            hooks.update(kept)


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
    seen, open_nodes = ({node}, [node]) if node is not None else (set(), [])
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
