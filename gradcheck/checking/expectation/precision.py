"""How precisely a loss computes: the coarsest floating-point numbers that its gradient passes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@final
class Precision(TorchFunctionMode):
    """Watches torch's operations while it is entered.

    A loss may take logits in float64 to float32 and back: its value does not show it.

    Attributes:
        least: the coarsest dtype of a result that has a gradient.
    """

    def __init__(self) -> None:
        super().__init__()
        self.least = torch.float64

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        found = func(*args, **(kwargs or {}))
        learns = isinstance(found, Tensor) and found.is_floating_point() and found.requires_grad
        if learns and torch.finfo(found.dtype).eps > torch.finfo(self.least).eps:
            self.least = found.dtype
        return found
