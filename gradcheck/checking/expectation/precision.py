"""How precisely a loss computes: the coarsest floating-point numbers that it makes or is made of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, ValuesView
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gradcheck.tree.errors import invalid

if TYPE_CHECKING:
    from gradcheck.checking.expectation.loss_gradient import LossGradient

#: Coarse dtypes, with integers of the same width and a mask of the lower half of the significand.
_COARSE: Final = {
    torch.bfloat16: (torch.int16, 0x000F),
    torch.float16: (torch.int16, 0x001F),
    torch.float32: (torch.int32, 0x0FFF),
}


#: What a tensor passes through that is made of numpy's numbers or Python's.
_FROM_OUTSIDE: Final = torch.ops.aten.lift_fresh.default


class Watching:
    """What a watching mode does.

    A class of its own: torch wraps the method of a mode to keep its compiler off, and imports the compiler for that,
    which takes longer than a whole check.

    Attributes:
        least: the coarsest dtype of numbers that may have been rounded.
        met_coarse: whether there was any number in a coarse dtype.
    """

    def __init__(self) -> None:
        super().__init__()
        self.least = torch.float64
        self.met_coarse = False

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do what was asked, and look at what went in and came out: some tensors come from elsewhere, as numpy's do."""
        del types
        found = func(*args, **(kwargs or {}))
        made_of = [value for value in args if isinstance(value, float)]
        if func is _FROM_OUTSIDE and isinstance(found, Tensor) and found.dtype is torch.float64:
            made_of = found.detach().reshape(-1)
        if len(made_of) and _is_coarser(torch.float32, self.least) and was_in_float32(made_of):
            self.least = torch.float32
        for tensor in _tensors((args, (kwargs or {}).values(), found)):
            if tensor.dtype in _COARSE:
                self.met_coarse = True
                if _is_coarser(tensor.dtype, self.least) and may_be_rounded(tensor):
                    self.least = tensor.dtype
        return found


@final
class Precision(Watching, TorchDispatchMode):
    """Watches every operation on tensors while it is entered, forward and backward, vectorised or not.

    A loss may take numbers in float64 to float32 and back, and those that never have a gradient as well: weights,
    discounts and advantages. Its value does not show it. Numbers that need no more than half of their digits are
    exact whatever the dtype: a mask in float32, ones, small integers, halves. They do not count.
    """


@final
class PrecisionBesideCompiler(Watching, TorchDispatchMode):
    """The same where torch's compiler is loaded: a loss may be compiled, and this must not be."""

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """As it is, but wrapped by torch."""
        return super().__torch_dispatch__(func, types, args, kwargs)


def may_be_rounded(tensor: Tensor) -> bool:
    """Whether a number in it needs more than half of the digits that its dtype has.

    >>> may_be_rounded(torch.tensor([0.0, 1.0, -0.5, 2047.0, torch.inf])), may_be_rounded(torch.tensor([0.1]))
    (False, True)
    """
    if not tensor.numel() or tensor.layout is not torch.strided or tensor.device.type == "meta":
        return False
    integers, mask = _COARSE[tensor.dtype]
    return bool((tensor.detach().view(integers) & mask).any())


def was_in_float32(numbers: Tensor | Sequence[float]) -> bool:
    """Whether one of some numbers in float64 is a fraction that fits in float32 and needs more than half its digits.

    Of numbers that never were in float32, one in 500 million is like this.

    >>> import numpy as np
    >>> was_in_float32([0.1, 0.5, 1e9]), was_in_float32([float(np.float32(0.1))])
    (False, True)
    """
    values = torch.as_tensor(numbers, dtype=torch.float64)
    fractions = values[values.isfinite() & (values != values.round())]
    singles = fractions.float()
    singles = singles[singles.double() == fractions]
    return may_be_rounded(singles)


@contextmanager
def watched(gradient: LossGradient) -> Iterator[None]:
    """Watch a loss while it is asked for its gradient; it learns how precisely it computes.

    Raises:
        InvalidArgument: if it computes in half precision.
    """
    with PrecisionBesideCompiler() if "torch._dynamo" in sys.modules else Precision() as precision:
        yield
    if precision.least in (torch.float16, torch.bfloat16):
        hint = "At its rounding every verdict would be noise. Check the same code in float32, or better float64."
        raise invalid("a loss in float32 or float64", "a dtype in the loss", precision.least, hint)
    gradient.coarse = gradient.coarse or precision.least is torch.float32
    gradient.met_coarse = gradient.met_coarse or precision.met_coarse


def watched_where_unsure(gradient: LossGradient) -> AbstractContextManager[None]:
    """The same on all batches, for a loss that has numbers in float32 which were exact so far.

    A loss that has none at all on the batches it was audited with is not watched any longer, for it takes time.
    """
    return watched(gradient) if gradient.met_coarse and not gradient.coarse else nullcontext()


def _is_coarser(one: torch.dtype, other: torch.dtype) -> bool:
    return torch.finfo(one).eps > torch.finfo(other).eps


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list | ValuesView):
            yield from _tensors(value)
