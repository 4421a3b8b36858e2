"""What a loss is, and how its terms become one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from torch import Tensor

from gradcheck.estimators.averages import Average
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights
from gradcheck.tree.errors import invalid

#: ``loss(policy, episodes)``: a scalar to minimise.
Loss: TypeAlias = Callable[[Any, Episodes], Tensor]


def surrogate_loss(values: Tensor, episodes: Episodes, weights: Weights, average: Average) -> Tensor:
    """Minus the average of values · weights.

    Args:
        values: [T] what is differentiated at each step.
        episodes: the batch.
        weights: Episodes → [T].
        average: [T] and Episodes → scalar.

    Raises:
        InvalidArgument: if the weights are not one number for each step. ([T, 1] would be multiplied with [T] into
            [T, T], every step weighed with the returns of all others, without any complaint from torch.)
    """
    for name, function in {"weights": weights, "average": average}.items():
        if not callable(function):
            raise invalid(f"a function, such as estimators.{_EXAMPLES[name]}", name, function)
    factors = weights(episodes)
    if not isinstance(factors, Tensor):
        raise invalid("a tensor with one number for each step", "weights(episodes)", factors)
    if factors.shape != values.shape:
        hint = f"The batch has {len(values)} steps."
        raise invalid("one number for each step", "the shape of weights(episodes)", tuple(factors.shape), hint)
    return -average(values * factors, episodes)


_EXAMPLES = {"weights": "normalised", "average": "over_steps"}


def check_value(value: object) -> Tensor:
    """A loss's value, if it can be differentiated.

    Raises:
        InvalidArgument: if it is not a scalar tensor with a gradient.
    """
    name = "loss(policy, episodes)"
    if not isinstance(value, Tensor):
        raise invalid("a scalar tensor", name, value)
    if value.numel() != 1:
        hint = "Sum or average it; a shape such as [T, T] comes from [T, 1] times [T]."
        raise invalid("a scalar tensor", f"the shape of {name}", tuple(value.shape), hint)
    if not value.requires_grad:
        hint = "It does not depend on the policy's parameters: look for a .detach(), .item() or no_grad()."
        raise invalid("a scalar tensor with a gradient", name, value, hint)
    return value
