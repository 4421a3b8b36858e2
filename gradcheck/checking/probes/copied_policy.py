"""A copy of a policy that shares nothing with it, of a user's own making, whatever it keeps from its last call."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar, final

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gradcheck.tree.errors import InvalidArgument, invalid, shown
from gradcheck.tree.user_code import user_code

PolicyModule = TypeVar("PolicyModule", bound=nn.Module)


def copied(policy: PolicyModule, *, with_hooks: bool = False) -> PolicyModule:
    """Copy a policy.

    Torch does not copy tensors that were computed from others with a gradient, such as those of the distribution that a
    policy returned last and keeps. In the copy they are constants, until it is called.

    Args:
        policy: to copy.
        with_hooks: whether the copy's parameters have the hooks of the policy's; torch leaves them out.

    Raises:
        InvalidArgument: if it holds what cannot be copied.
    """

    def cannot(error: Exception) -> InvalidArgument:
        raised = f"{type(error).__name__}: {shown(error, str)}"
        hint = "Its parameters are moved in a copy, so that the policy stays as it is."
        return invalid("a policy that can be copied", "copy.deepcopy(policy)", raised, hint)

    with user_code(cannot), _CopyOfComputedTensors():
        copy = deepcopy(policy)
    if with_hooks:
        for old, new in zip(policy.parameters(), copy.parameters(), strict=True):
            for hook in (old._backward_hooks or {}).values():
                new.register_hook(hook)
            for hook in (old._post_accumulate_grad_hooks or {}).values():
                new.register_post_accumulate_grad_hook(hook)
    return copy


@final
class _CopyOfComputedTensors(TorchFunctionMode):
    """While it is entered, tensors that were computed are copied as constants."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        if func is not Tensor.__deepcopy__ or args[0].is_leaf:
            return func(*args, **(kwargs or {}))
        tensor, memo = args
        memo[id(tensor)] = tensor.detach().clone()
        return memo[id(tensor)]
