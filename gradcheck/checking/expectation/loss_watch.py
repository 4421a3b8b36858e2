"""Which of torch's functions a loss calls that say how its gradient is to be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gradcheck.estimators.backward_pass import nodes_behind

_BACKWARD = (Tensor.backward, torch.autograd.backward, torch.autograd.grad)
_HOOKS = (Tensor.register_hook, Tensor.register_post_accumulate_grad_hook)


@final
class LossWatch(TorchFunctionMode):
    """Watches a loss while it is entered.

    Attributes:
        registers_hooks: whether it registers hooks on tensors. What they change in a gradient may change it on few
            batches only; and of many batches at once, hooks see other tensors.
    """

    def __init__(self) -> None:
        super().__init__()
        self.registers_hooks = False
        self._walked: list[Tensor] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        kwargs = kwargs or {}
        if func in _BACKWARD:
            given = (*args[:1], kwargs.get("tensors"), kwargs.get("outputs"))
            for roots in given:
                several = roots if isinstance(roots, tuple | list) else (roots,)
                self._walked += [root for root in several if isinstance(root, Tensor)]
        self.registers_hooks = self.registers_hooks or func in _HOOKS
        return func(*args, **kwargs)

    def has_walked(self, value: Tensor) -> bool:
        """Whether a gradient was taken of a value, or of something that was computed from it."""
        if any(root is value for root in self._walked):
            return True
        nodes = {node for root in self._walked if root.grad_fn is not None for node in nodes_behind(root.grad_fn)}
        return value.grad_fn is not None and value.grad_fn in nodes
