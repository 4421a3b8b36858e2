"""A loss on many batches that are laid out alike, in one forward pass: its values, or its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from gradcheck.estimators.batches import AlikeBatches
from gradcheck.estimators.episodes import Episodes


def vectorised_values(loss: Callable[[Any, Episodes], Any], policy: nn.Module, batches: AlikeBatches) -> Tensor:
    """[B] float64, the values on each of B batches, as functions of the policy's parameters.

    Args:
        loss: ``loss(policy, episodes)``, which returns a scalar.
        policy: that it is called with.
        batches: laid out alike.
    """

    def value(parts: dict[str, Tensor]) -> Tensor:
        return loss(policy, batches.together(parts)).reshape(())

    return vmap(value)(batches.parts).double().cpu()


def vectorised_gradients(
    loss: Callable[[Any, Episodes], Any],
    policy: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    batches: AlikeBatches,
) -> Tensor:
    """[B, P] float64, minus the gradient on each of B batches; it raises whatever torch does where the loss cannot.

    Each batch has parameters of its own, so that the gradient of the sum holds those of all. ``torch.func.grad`` says
    the same, but imports torch's compiler for it, which takes longer than a whole check.

    Args:
        loss: ``loss(policy, episodes)``, which returns a scalar.
        policy: in whose parameters.
        parameters: by name, those the gradient is taken in.
        batches: laid out alike.
    """
    module = _LossOfPolicy(policy, loss)
    names = {id(parameter): name for name, parameter in parameters.items()}
    copies = {
        name: parameter.detach().expand(len(batches), *parameter.shape).clone().requires_grad_()
        for name, parameter in parameters.items()
    }
    # Every place of a parameter, once: it may be tied, and a module may be registered under several names.
    places = {
        f"{prefix}.{name}": names[id(parameter)]
        for prefix, part in module.named_modules()
        for name, parameter in part.named_parameters(recurse=False, remove_duplicate=False)
        if id(parameter) in names
    }

    def value(own: dict[str, Tensor], parts: dict[str, Tensor]) -> Tensor:
        placed = {place: own[name] for place, name in places.items()}
        return functional_call(module, placed, (batches.together(parts),), tie_weights=False).reshape(())

    losses = vmap(value)(copies, batches.parts)
    found = torch.autograd.grad(losses.sum(), list(copies.values()), allow_unused=True, materialize_grads=True)
    return -torch.cat([gradient.detach().reshape(len(batches), -1).double().cpu() for gradient in found], dim=1)


@final
class _LossOfPolicy(nn.Module):
    """The loss as a module around its policy, so that torch can put other numbers in place of its parameters."""

    def __init__(self, policy: nn.Module, loss: Callable[[Any, Episodes], Any]) -> None:
        super().__init__()
        self.policy = policy
        self._loss = (loss,)  # not as an attribute of its own: a loss may be a module, and would become a part of this

    def forward(self, episodes: Episodes) -> Any:
        return self._loss[0](self.policy, episodes)
