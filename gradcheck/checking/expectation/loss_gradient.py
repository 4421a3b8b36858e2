"""A loss in any form, and a batch → minus its gradient. Only to differentiate it twice is a loss called elsewhere."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from functools import cached_property, partial
from numbers import Real
from typing import Any, TypeAlias, final

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.checking.budgets import MOST_NUMBERS_TOGETHER, MOST_TOGETHER
from gradcheck.checking.expectation.describe_batch import describe
from gradcheck.checking.expectation.loss_watch import LossWatch
from gradcheck.checking.expectation.optimizer_steps import OptimizerSteps
from gradcheck.checking.expectation.policy_state import PolicyState
from gradcheck.checking.expectation.randomness import Generators
from gradcheck.checking.expectation.vectorised import vectorised_gradients, vectorised_values
from gradcheck.checking.failure import LossFailed, loss_failed
from gradcheck.checking.tolerances import Tolerances, tolerances
from gradcheck.estimators.backward_pass import GradientsOfLeaves
from gradcheck.estimators.batches import AlikeBatches, WeightedBatches
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import check_value
from gradcheck.tree.errors import InvalidArgument, invalid
from gradcheck.tree.progress import progress
from gradcheck.tree.user_code import user_code

#: What is checked: ``loss(policy, episodes)``, or ``update(policy, episodes, optimizer)``.
AnyLoss: TypeAlias = Callable[..., Any]

_FEWEST_TOGETHER = 4  # below, a loop is as fast: a vectorised call costs as much as three single ones
_FEWEST_VALUES_TOGETHER = 2  # a vectorised call without gradients costs as much as a single one with them
_CONFIRMED = 4  # layouts on which the loop has to say the same about three batches; on later ones, about one


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
        allow_nan: whether a gradient that is NaN or infinite is handed on; else it is refused.

    Attributes:
        coarse: whether anything in it is computed in float32, as far as is known.
        met_coarse: whether any number in it was in float32, were it exact.
        largest: the largest number in all the gradients so far.
        nothing_below: gradients of batches with no larger number are rounding errors, and handed on as zeros.
        step_rounding: how long the rounding error of a step of an optimiser may be, in units of the gradient.
        is_constant: whether it never depended on the parameters so far.
    """

    def __init__(
        self,
        loss: AnyLoss,
        policy: nn.Module,
        parameters: Mapping[str, nn.Parameter],
        *,
        where: str,
        learning_rate: float | None = None,
        hint: str = "",
        allow_nan: bool = False,
    ) -> None:
        self._loss, self._policy, self._parameters = loss, policy, parameters
        self.where, self._learning_rate, self._hint = where, learning_rate, hint
        self._allow_nan = allow_nan
        self._takes_optimizer = num_arguments(loss) == 3
        self._vectorised = self._any_layout = not self._takes_optimizer
        self._is_watched, self._returned = False, None
        self._calls, self._calls_without_gradient, self._layouts_confirmed = 0, 0, 0
        self.largest, self.step_rounding, self.nothing_below = 0.0, 0.0, 0.0
        self.met_coarse = False
        self.coarse = any(parameter.dtype != torch.float64 for parameter in parameters.values())

    def of(self, batch: Episodes) -> Tensor:
        """[P] float64, minus the gradient on one batch.

        Raises:
            InvalidArgument: if the loss cannot be differentiated, is not finite, or changes what it was given.
            LossFailed: if the loss raises.
        """
        self._calls += 1
        flat = self._of_one_call(batch, LossWatch() if self._is_watched else None)
        if flat is None:  # it has called backward, and returns something that may be differentiated: which is it?
            self._is_watched = True
            flat = self._of_one_call(batch, LossWatch())
        assert flat is not None
        if not (self._allow_nan or flat.isfinite().all()):
            raise self._not_finite(batch, "gradient")
        self.largest = max(self.largest, _largest(flat))
        return self._without_rounding(flat)

    def of_alike(self, batches: AlikeBatches) -> Tensor:
        """[B, P] float64, the same for each of the batches."""
        if self.vectorised and len(batches) >= _FEWEST_TOGETHER:
            with PolicyState(self._policy):
                found = self._together(
                    batches, lambda: vectorised_gradients(self._loss, self._policy, self._parameters, batches)
                )
            confirmed = found is not None and self._confirm(batches, found.__getitem__)
            if found is not None and confirmed and (self._allow_nan or found.isfinite().all()):
                return self._without_rounding(found)
        return torch.stack([self.of(batches[number]) for number in range(len(batches))])

    def of_any_layout(self, batches: AlikeBatches) -> Tensor | None:
        """[B, P] float64, the same for batches that have equally many steps, however these are laid out.

        None, now and later, where the loss looks at a length or a mask in Python, and so does not do the same in all.
        """
        if not self.vectorised_over_layouts or len(batches) < _FEWEST_TOGETHER:
            return None
        with PolicyState(self._policy):
            found = self._together(
                batches, lambda: vectorised_gradients(self._loss, self._policy, self._parameters, batches)
            )
        if found is not None and found.isfinite().all() and self._confirm(batches, found.__getitem__):
            return self._without_rounding(found)
        self._vectorised, self._any_layout = True, False  # batches of one layout may do
        return None

    def of_portions(self, batches: AlikeBatches) -> Iterator[tuple[AlikeBatches, Tensor]]:
        """Batches of equally many steps, with [B, P] of each: all at once, or those of one layout in turn."""
        found = None if batches.one_layout else self.of_any_layout(batches)
        if found is not None:
            yield batches, found
            return
        for alike in [batches] if batches.one_layout else batches.batches.alike(self.most_together):
            yield alike, self.of_alike(alike)

    def of_each(self, batches: WeightedBatches, *, label: str = "batches") -> Tensor:
        """[B, P] float64, the same for any batches, in their order; ``label`` says what they are, for progress."""
        numbered = replace(batches, weights=np.arange(len(batches), dtype=np.float64))
        found = torch.empty(len(batches), self.width, dtype=torch.float64)
        portions = list(numbered.alike(self.most_together, one_layout=False))
        for whole in progress(portions, len(portions), f"{len(batches):,} {label}, in portions"):
            for portion, gradients in self.of_portions(whole):
                found[torch.as_tensor(portion.batches.weights).long()] = gradients
        return found

    def values_of_alike(self, batches: AlikeBatches) -> Tensor | None:
        """[B] float64, the loss on each of the batches; ``of_sum`` takes the gradient of a sum of them.

        None where they cannot be computed at once, or one of them is NaN or infinite: it would spoil the whole sum.
        """
        if not self.vectorised or len(batches) < _FEWEST_VALUES_TOGETHER:
            return None
        with PolicyState(self._policy):
            values = self._together(batches, lambda: vectorised_values(self._loss, self._policy, batches))
        if values is None or not values.isfinite().all():
            return None
        return values if self._confirm(batches, lambda row: self.of_sum(values[row])) else None

    def of_sum(self, value: Tensor) -> Tensor:
        """[P] float64, minus the gradient of a sum of values that ``values_of_alike`` returned, or of one of them."""
        if not value.requires_grad:
            return torch.zeros(self.width, dtype=torch.float64)
        parameters = list(self._parameters.values())
        with user_code(loss_failed):
            found = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        return _flat(found)

    @cached_property
    def generators(self) -> Generators:
        """What it may draw random numbers from."""
        return Generators(self._loss, self._policy)

    def same(self, one: Tensor, other: Tensor) -> bool:
        """Whether two gradients are equal but for rounding, by the largest number that any gradient has had so far."""
        rounding = self.tolerances.repetition * self.largest + self.step_rounding + self.nothing_below
        return bool((one - other).abs().max() <= rounding)

    @property
    def is_constant(self) -> bool:
        """Whether it had no gradient on any of the batches so far."""
        return self._calls > 0 and self._calls_without_gradient == self._calls

    @property
    def tolerances(self) -> Tolerances:
        """What rounding may change in it."""
        return tolerances(coarse=self.coarse)

    @property
    def width(self) -> int:
        """P, how many numbers a gradient has."""
        return sum(parameter.numel() for parameter in self._parameters.values())

    @property
    def most_together(self) -> int:
        """How many batches are evaluated at once, at most."""
        return max(1, min(MOST_TOGETHER, MOST_NUMBERS_TOGETHER // self.width))

    @property
    def vectorised_over_layouts(self) -> bool:
        """Whether batches are computed at once that have equally many steps, whatever the lengths of their episodes."""
        return self.vectorised and self._any_layout

    @property
    def vectorised(self) -> bool:
        """Whether many batches are computed at once, as far as is known.

        Never where parameters have hooks: what these make of a gradient is part of it, and they see one at a time.
        """
        return self._vectorised and not any(map(_has_hooks, self._parameters.values()))

    def look_at_each_batch(self) -> None:
        """Compute no more batches at once: what is known of the loss says that it would be another one."""
        self._vectorised = False

    @property
    def name(self) -> str:
        """Of the loss."""
        return name_of(self._loss)

    def _without_rounding(self, gradients: Tensor) -> Tensor:
        """[…, P] with zeros for gradients that are nothing but rounding, where that is known."""
        if not self.nothing_below:
            return gradients
        return gradients * (gradients.abs().amax(-1, keepdim=True) > self.nothing_below)

    def _call(self, batch: Episodes) -> object:
        def failed(error: Exception) -> Exception:
            error.add_note(f"The loss {self.name} raised this {self.where}, {describe(batch)}.")
            if self._hint:
                error.add_note(self._hint)
            return loss_failed(error)

        with user_code(failed):
            if not self._takes_optimizer:
                return self._loss(self._policy, batch)
            return self._loss(self._policy, batch, torch.optim.SGD(self._policy.parameters(), lr=1.0))

    def _of_one_call(self, batch: Episodes, watch: LossWatch | None) -> Tensor | None:
        """[P] minus the gradient of one call; None where ``watch`` is needed to tell what it is.

        It is what has landed in the parameters' ``grad`` when backward was called on what the loss returned, unless it
        had done so itself; or, where an optimiser has stepped, what that was given.
        """
        parameters = list(self._parameters.values())
        with PolicyState(self._policy) as state, self._optimizer_steps() as steps:
            seen = _versions(batch)
            with watch or nullcontext():
                value = self._call(batch)
            if _versions(batch) != seen:
                changed = [n for n, then, now in zip(_TENSORS, seen, _versions(batch), strict=True) if then != now]
                hint = "Work on a copy: episodes.rewards.clone(), or an operation without the trailing underscore."
                raise invalid("a loss that leaves its episodes as they are", "episodes", changed, hint)
            landed = _landed(parameters)
            if isinstance(value, Tensor) and value.requires_grad and not state.has_moved(parameters):
                if landed is not None and watch is None:
                    return None
                if landed is None or (watch is not None and not watch.has_walked(value)):
                    landed = self._with_what_is_returned(value, batch, landed, state)
            if state.has_moved(parameters):
                rate, before = self._rate(), state.before(parameters)
                moves = steps.moves(before) if steps is not None else None
                if moves is None:
                    moves = [old - parameter.detach() for old, parameter in zip(before, parameters, strict=True)]
                    self.step_rounding = max(self.step_rounding, _rounding_of(parameters) / rate)
                return _flat(move / rate for move in moves)
            if landed is None:
                landed = self._without_gradient(value, batch)
            return _flat(landed)

    def _with_what_is_returned(
        self, value: Tensor, batch: Episodes, inside: list[Tensor] | None, state: PolicyState
    ) -> list[Tensor]:
        """The gradients of what the loss returned; and those of a backward pass inside it, if that is none of it.

        Raises:
            InvalidArgument: if both have a gradient: what a trainer would do with them is anyone's guess.
        """
        scalar = check_value(value)
        if not (self._allow_nan or scalar.isfinite()):
            raise self._not_finite(batch, "value")
        parameters = list(self._parameters.values())
        state.clear_gradients()
        with user_code(loss_failed), GradientsOfLeaves(value):  # it runs what the loss has written into the graph
            scalar.reshape(()).backward()
            outside = _landed(parameters) or [torch.zeros_like(parameter) for parameter in parameters]
        if inside is None:
            return outside
        both = [n for n, a, b in zip(self._parameters, inside, outside, strict=True) if a.any() and b.any()]
        if both:
            hint = (
                f"Both have a gradient in {', '.join(both)}, and whether a trainer keeps the first is anyone's guess. "
                "Return the sum of what is to be minimised; or call backward on all of it, and return nothing. If it "
                "trains something else inside, call policy.zero_grad() after that."
            )
            expected = "a loss that calls backward itself or returns what backward is to be called on"
            raise invalid(expected, "loss", self.name, hint)
        return [a + b for a, b in zip(inside, outside, strict=True)]

    def _without_gradient(self, value: object, batch: Episodes) -> list[Tensor]:
        """Zeros: on this batch, there is nothing to learn."""
        self._calls_without_gradient += 1
        if isinstance(value, Tensor):
            if value.numel() == 1 and not value.isfinite():
                raise self._not_finite(batch, "value")
            if value.numel() != 1:
                check_value(value)
        elif isinstance(value, tuple | list | dict):
            hint = "Return the loss alone, without what else there is to report."
            raise invalid("a scalar tensor", "loss(policy, episodes)", value, hint)
        elif not isinstance(value, Real | None):
            raise self._no_tensor(value)
        if self._calls_without_gradient == 1:
            self._returned = value
        return [torch.zeros_like(parameter) for parameter in self._parameters.values()]

    def refuse_if_constant(self) -> None:
        """Refuse a loss that had no gradient on any of the batches so far.

        Raises:
            InvalidArgument: if so.
        """
        if not self.is_constant:
            return
        if not isinstance(self._returned, Tensor):
            raise self._no_tensor(self._returned)
        hint = "It does not depend on the policy's parameters: look for a .detach(), .item() or no_grad()."
        raise invalid("a scalar tensor with a gradient", "loss(policy, episodes)", "a constant", hint)

    def _no_tensor(self, value: object) -> InvalidArgument:
        hint = "Return the loss as a tensor, without .item(); or call backward on it."
        return invalid("a scalar tensor", "loss(policy, episodes)", value, hint)

    def _optimizer_steps(self) -> AbstractContextManager[OptimizerSteps | None]:
        may_step = self._takes_optimizer or self._learning_rate is not None
        return OptimizerSteps(self._parameters.values()) if may_step else nullcontext()

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

    def _not_finite(self, batch: Episodes, what: str) -> Exception:
        hint = f"It is NaN or infinite {self.where}, {describe(batch)}."
        return invalid(f"a loss with a finite {what}", "loss", self.name, hint)

    def _together(self, batches: AlikeBatches, compute: Callable[[], Tensor]) -> Tensor | None:
        """What is computed on all batches at once; None, now and later, where the loss cannot be vectorised."""
        seen = batches.versions
        try:
            with user_code(loss_failed):
                found = compute()
        except (LossFailed, InvalidArgument):  # the loop will say what is wrong, if anything is
            found = None
        self._vectorised = found is not None and batches.versions == seen
        return found if self._vectorised else None

    def _confirm(self, batches: AlikeBatches, gradient: Callable[[int], Tensor]) -> bool:
        """Compare with the loop on the first, the middle and the last batch, which are unlike each other.

        Args:
            batches: laid out alike.
            gradient: the number of a batch → minus the gradient on it, [P], as it was vectorised.
        """
        middle = len(batches) // 2
        rows = {0, middle, len(batches) - 1} if self._layouts_confirmed < _CONFIRMED else {middle}
        if self._layouts_confirmed >= _CONFIRMED and not batches.one_layout:
            rows = set()  # lengths and masks are vectorised, too, so that the code does the same on every later portion
        self._layouts_confirmed += 1
        for row in sorted(rows):
            if not self._agree(gradient(row), self.of(batches[row])):
                self._vectorised = False
        return self._vectorised

    def _agree(self, vectorised: Tensor, alone: Tensor) -> bool:
        """Whether they are the same up to rounding; or, where NaN is allowed, are finite in the same places."""
        if not alone.isfinite().all():
            return torch.equal(vectorised.isfinite(), alone.isfinite())
        return self.same(vectorised, alone)


def _flat(gradients: Iterable[Tensor]) -> Tensor:
    """[P] float64, minus the gradients in all parameters, one after another."""
    return -torch.cat([gradient.detach().reshape(-1).double().cpu() for gradient in gradients])


def _has_hooks(parameter: nn.Parameter) -> bool:
    return bool(parameter._backward_hooks or parameter._post_accumulate_grad_hooks)  # torch has no other way to ask


def _largest(gradients: Tensor) -> float:
    """In absolute value, of those that are finite."""
    return float(gradients.abs().nan_to_num(posinf=0.0).max())


def _rounding_of(parameters: Iterable[Tensor]) -> float:
    """How far the nearest numbers of their dtypes may be from parameters, as a length."""
    return math.hypot(*(torch.finfo(p.dtype).eps * float(p.detach().norm()) for p in parameters))


def _landed(parameters: list[nn.Parameter]) -> list[Tensor] | None:
    """The gradients that parameters have, zeros where they have none; None if none of them has any."""
    if all(parameter.grad is None for parameter in parameters):
        return None
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]


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
