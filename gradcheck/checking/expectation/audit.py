"""Losses that no verdict can be about: random ones, those that keep something between calls, constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.precision import Precision
from gradcheck.checking.expectation.randomness import random_states
from gradcheck.document.numbers import short_vector
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument, invalid


@contextmanager
def audited(gradient: LossGradient, random_batch: Callable[[], Episodes]) -> Iterator[None]:
    """Refuse a loss that no verdict can be about: before anything is enumerated, and again when all is.

    Args:
        gradient: of the loss; it learns how precisely the loss computes.
        random_batch: one of the batches there are, another one each time.

    Raises:
        InvalidArgument: if the loss draws random numbers, answers differently when it is asked again, never has a
            gradient, or computes in half precision.
    """
    states, batch = random_states(), random_batch()
    if is_random(gradient, batch):
        raise _draws_numbers(gradient)
    answer = _with_precision(gradient, batch)
    _refuse_if_changed(gradient, batch, answer)
    gradient.of(random_batch())  # what a loss keeps of another batch shows in the answer to the first
    _refuse_if_changed(gradient, batch, answer)
    yield
    _refuse_if_changed(gradient, batch, answer)
    if gradient.is_constant:
        hint = "It does not depend on the policy's parameters: look for a .detach(), .item() or no_grad()."
        raise invalid("a scalar tensor with a gradient", "loss(policy, episodes)", "a constant", hint)
    if random_states() != states:  # it drew numbers at times
        raise _draws_numbers(gradient)


def is_random(gradient: LossGradient, batch: Episodes) -> bool:
    """Whether the loss draws from the global generators of torch, numpy or Python."""
    before = random_states()
    gradient.of(batch)
    return random_states() != before


def _draws_numbers(gradient: LossGradient) -> InvalidArgument:
    hint = (
        "Everything random must be in the episodes; dropout is switched off by policy.eval(). Or give draws, the "
        "number of batches to sample: then the verdict is statistical."
    )
    return invalid("a loss that draws no random numbers", "loss", gradient.name, hint)


def _with_precision(gradient: LossGradient, batch: Episodes) -> Tensor:
    """[P] minus the gradient on a batch, and a look at the dtypes that it passes through."""
    with Precision() as precision:
        answer = gradient.of(batch)
    if precision.least in (torch.float16, torch.bfloat16):
        hint = "At its rounding every verdict would be noise. Check the same code in float32, or better float64."
        raise invalid("a loss in float32 or float64", "a dtype in the loss", precision.least, hint)
    gradient.coarse = gradient.coarse or precision.least is torch.float32
    return answer


def _refuse_if_changed(gradient: LossGradient, batch: Episodes, first: Tensor) -> None:
    again = gradient.of(batch)
    if (again - first).abs().max() > gradient.tolerances.repetition * (1 + first.abs().max()):
        then, now = short_vector(first.tolist()), short_vector(again.tolist())
        hint = (
            f"{gradient.where[:1].upper()}{gradient.where[1:]}, the same batch gave {then} and later {now}. A running "
            "mean, a counter or an optimiser's momentum lives on between calls: make it anew in each."
        )
        raise invalid("a loss that keeps nothing between calls", "loss", gradient.name, hint)
