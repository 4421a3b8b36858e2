"""A loss in whatever form it comes, and a batch → minus its gradient; of many batches at once, where it can be."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from gradcheck.checking.expectation.describe_batch import describe
from gradcheck.checking.expectation.precision import Precision
from gradcheck.checking.expectation.randomness import random_states
from gradcheck.estimators.batches import AlikeBatches
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.losses import check_value
from gradcheck.tree.errors import InvalidArgument, invalid

#: What is checked: ``loss(policy, episodes)``, or ``update(policy, episodes, optimizer)``.
AnyLoss: TypeAlias = Callable[..., Any]

_FEWEST_TOGETHER = 6  # below, a loop is as fast: a vectorised call costs as much as half a dozen single ones
_CONFIRMED = 4  # layouts on which the loop has to say the same about three batches; on later ones, about one
_REPEATABLE = 1e-9  # relative; sums may be taken in another order, and so differ by rounding


@final
class LossGradient:
    """Minus the gradient of one loss in the parameters of one policy.

    The loss may return a scalar, or call ``backward`` itself, or step an optimiser. It is called on real batches with
    the real policy; where it returns a scalar and can be vectorised, on many batches at once.

    Args:
        loss: ``loss(policy, episodes)``, or ``update(policy, episodes, optimizer)``.
        policy: in whose parameters.
        parameters: by name, those the gradient is taken in.
        where: what is asked, for messages: "on the probe chance".
        learning_rate: of an optimiser that the loss makes for itself.
        hint: added to what the loss raises.
    """

    def __init__(
        self,
        loss: AnyLoss,
        policy: nn.Module,
        parameters: dict[str, nn.Parameter],
        *,
        where: str,
        learning_rate: float | None = None,
        hint: str = "",
    ) -> None:
        self._loss, self._policy, self._parameters = loss, policy, parameters
        self._where, self._learning_rate, self._hint = where, learning_rate, hint
        self._takes_optimizer = num_arguments(loss) == 3
        self._vectorised = not self._takes_optimizer
        self._without_gradient, self._asked, self._confirmed = 0, 0, 0
        self.coarse = any(parameter.dtype != torch.float64 for parameter in parameters.values())

    def of(self, batch: Episodes) -> Tensor:
        """[P] float64, minus the gradient on one batch.

        Raises:
            InvalidArgument: if the loss cannot be differentiated, is not finite, or changes what it was given.
        """
        self._asked += 1
        parameters = list(self._parameters.values())
        every = [parameter for parameter in self._policy.parameters() if parameter.requires_grad]
        kept, before = [p.grad for p in every], [p.detach().clone() for p in every]
        seen = _versions(batch)
        for parameter in every:
            parameter.grad = None
        try:
            value = self._call(batch)
            if _versions(batch) != seen:
                changed = [n for n, then, now in zip(_TENSORS, seen, _versions(batch), strict=True) if then != now]
                hint = "Work on a copy: episodes.rewards.clone(), or an operation without the trailing underscore."
                raise invalid("a loss that leaves its episodes as they are", "episodes", changed, hint)
            if not all(torch.equal(p, b) for p, b in zip(every, before, strict=True)):
                old = {id(p): b for p, b in zip(every, before, strict=True)}
                gradients = [(old[id(p)] - p.detach()) / self._rate() for p in parameters]
            elif any(p.grad is not None for p in every):
                gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
            else:
                gradients = self._differentiate(value, batch, parameters)
        finally:
            with torch.no_grad():
                for p, gradient, value_before in zip(every, kept, before, strict=True):
                    p.grad = gradient
                    if not torch.equal(p, value_before):
                        p.copy_(value_before)
        flat = -torch.cat([gradient.detach().reshape(-1).double().cpu() for gradient in gradients])
        if not flat.isfinite().all():
            raise self._not_finite(batch, "gradient")
        return flat

    def of_alike(self, batches: AlikeBatches) -> Tensor:
        """[B, P] float64, the same for each of the batches."""
        if self._vectorised and len(batches) >= _FEWEST_TOGETHER:
            found = self._together(batches)
            if found is not None:
                return found
        return torch.stack([self.of(batches[number]) for number in range(len(batches))])

    def refuse_if_constant(self) -> None:
        """Refuse a loss that never had a gradient, on any of the batches it saw.

        Raises:
            InvalidArgument: if so.
        """
        if self._asked and self._without_gradient == self._asked:
            hint = "It does not depend on the policy's parameters: look for a .detach(), .item() or no_grad()."
            raise invalid("a scalar tensor with a gradient", "loss(policy, episodes)", "a constant", hint)

    def refuse_moods(self, batch: Episodes) -> Tensor:
        """[P] minus the gradient on a batch, asked twice; refuses losses that draw random numbers.

        Raises:
            InvalidArgument: if it draws random numbers, or answers differently the second time.
        """
        if self.is_random(batch):
            raise self.draws_numbers()
        with Precision() as precision:
            first = self.of(batch)
        if precision.least in (torch.float16, torch.bfloat16):
            hint = "At its rounding every verdict would be noise. Check the same code in float32, or better float64."
            raise invalid("a loss in float32 or float64", "a dtype in the loss", precision.least, hint)
        self.coarse = self.coarse or precision.least is torch.float32
        self.refuse_if_changed(batch, first)
        return first

    def draws_numbers(self) -> InvalidArgument:
        """The error for a loss that draws random numbers."""
        hint = (
            "Everything random must be in the episodes; dropout is switched off by policy.eval(). Or give draws, the "
            "number of batches to sample: then the verdict is statistical."
        )
        return invalid("a loss that draws no random numbers", "loss", self.name, hint)

    def is_random(self, batch: Episodes) -> bool:
        """Whether the loss draws from the global generators of torch, numpy or Python."""
        before = random_states()
        self.of(batch)
        return random_states() != before

    def refuse_if_changed(self, batch: Episodes, first: Tensor) -> None:
        """Ask about a batch again.

        Raises:
            InvalidArgument: if the answer is another than it was.
        """
        again = self.of(batch)
        if (again - first).abs().max() > _tolerance(self.coarse) * (1 + first.abs().max()):
            hint = (
                f"{self._where[:1].upper()}{self._where[1:]}, the same batch gave {_short(first)} and later "
                f"{_short(again)}. A running mean, a counter or an optimiser's momentum lives on between calls: make "
                "it anew in each."
            )
            raise invalid("a loss that keeps nothing between calls", "loss", self.name, hint)

    @property
    def width(self) -> int:
        """P, how many numbers a gradient has."""
        return sum(parameter.numel() for parameter in self._parameters.values())

    @property
    def vectorised(self) -> bool:
        """Whether many batches are computed at once, as far as is known."""
        return self._vectorised

    @property
    def name(self) -> str:
        """Of the loss."""
        return name_of(self._loss)

    def _call(self, batch: Episodes) -> object:
        try:
            if not self._takes_optimizer:
                return self._loss(self._policy, batch)
            return self._loss(self._policy, batch, torch.optim.SGD(self._policy.parameters(), lr=1.0))
        except Exception as error:
            error.add_note(f"The loss {self.name} raised this {self._where}, {describe(batch)}.")
            if self._hint:
                error.add_note(self._hint)
            raise

    def _rate(self) -> float:
        if self._takes_optimizer:
            return 1.0
        if self._learning_rate is None:
            hint = (
                "The loss changed the policy's parameters. If it steps an optimiser, plain SGD without momentum, say "
                "its learning_rate; or let it take a third argument, the optimiser."
            )
            raise invalid("a loss that leaves the policy's parameters as they are", "loss", self.name, hint)
        return self._learning_rate

    def _differentiate(self, value: object, batch: Episodes, parameters: list[nn.Parameter]) -> list[Tensor]:
        if isinstance(value, Tensor) and value.numel() == 1 and not value.requires_grad:
            self._without_gradient += 1
            if not value.isfinite().all():
                raise self._not_finite(batch, "value")
            return [torch.zeros_like(parameter) for parameter in parameters]
        if not isinstance(value, Tensor):
            hint = "Return the loss as a tensor, without .item(); or call backward on it."
            if isinstance(value, tuple | list | dict):
                hint = "Return the loss alone, without what else there is to report."
            raise invalid("a scalar tensor", "loss(policy, episodes)", value, hint)
        scalar = check_value(value)
        self.coarse = self.coarse or scalar.dtype != torch.float64
        if not scalar.isfinite():
            raise self._not_finite(batch, "value")
        return list(torch.autograd.grad(scalar.reshape(()), parameters, allow_unused=True, materialize_grads=True))

    def _not_finite(self, batch: Episodes, what: str) -> Exception:
        hint = f"It is NaN or infinite {self._where}, {describe(batch)}."
        return invalid(f"a loss with a finite {what}", "loss", self.name, hint)

    def _together(self, batches: AlikeBatches) -> Tensor | None:
        """All at once, or None where the loss does not go through ``torch.vmap``."""
        asked = _Asked(self._policy, self._loss)
        # Each batch has parameters of its own, so that the gradient of the sum holds those of all. torch.func.grad says
        # the same, but imports torch's compiler for it, which takes longer than a whole check.
        values = {
            f"policy.{name}": parameter.detach().expand(len(batches), *parameter.shape).clone().requires_grad_()
            for name, parameter in self._parameters.items()
        }

        def value(parameters: dict[str, Tensor], parts: dict[str, Tensor]) -> Tensor:
            return functional_call(asked, parameters, (batches.together(parts),)).reshape(())

        seen = _versions(batches[0])
        try:
            losses = vmap(value)(values, batches.parts)
            found = torch.autograd.grad(losses.sum(), list(values.values()), allow_unused=True, materialize_grads=True)
        except Exception:  # the loop will say what is wrong, if anything is
            self._vectorised = False
            return None
        flat = -torch.cat([gradient.detach().reshape(len(batches), -1).double().cpu() for gradient in found], dim=1)
        # Compared with the loop on the first, the middle and the last batch, which are unlike each other.
        rows = {0, len(batches) // 2, len(batches) - 1} if self._confirmed < _CONFIRMED else {len(batches) // 2}
        self._confirmed += 1
        for row in sorted(rows):
            one = self.of(batches[row])
            if not (flat[row] - one).abs().max() <= _tolerance(self.coarse) * (1 + one.abs().max()):
                self._vectorised = False
        if not self._vectorised or _versions(batches[0]) != seen:
            self._vectorised = False
            return None
        return flat if flat.isfinite().all() else None


@final
class _Asked(nn.Module):
    """The loss as a module around its policy, so that torch can put other numbers in place of its parameters."""

    def __init__(self, policy: nn.Module, loss: AnyLoss) -> None:
        super().__init__()
        self.policy = policy
        self._ask = (loss,)  # not as an attribute of its own: a loss may be a module, and would become a part of this

    def forward(self, episodes: Episodes) -> Any:
        return self._ask[0](self.policy, episodes)


def num_arguments(loss: AnyLoss) -> int | None:
    """How many arguments a loss insists on; None where it does not say."""
    try:
        parameters = inspect.signature(loss).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is inspect.Parameter.empty for p in parameters)


def name_of(loss: AnyLoss) -> str:
    """What to call a loss: a function's name, or that of its class; a partial function's is that of what it calls."""
    while isinstance(loss, partial):
        loss = loss.func
    return getattr(loss, "__name__", None) or type(loss).__name__


_TENSORS = tuple(field.name for field in fields(Episodes) if field.name not in {"num_episodes", "discount"})


def _versions(batch: Episodes) -> list[int]:
    """Torch counts how often a tensor was changed in place."""
    return [getattr(batch, name)._version for name in _TENSORS]


def _tolerance(coarse: bool) -> float:
    return 1e-4 if coarse else _REPEATABLE


def _short(values: Tensor) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in values[:4].tolist()) + (", …]" if len(values) > 4 else "]")
