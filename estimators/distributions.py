"""What a policy says about actions: a distribution with ``log_prob`` and ``probs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import invalid
from gradcheck.tree.user_code import user_code

#: Observations [T, D] → logits [T, A], or a ``Categorical``, or a tuple that begins with either.
Policy: TypeAlias = "nn.Module | Callable[[Tensor], Any]"


@final
class FreeProbabilities:
    """Action probabilities as free numbers, off the simplex: log x, and not log(x / Σx).

    This is what the partials ∂R/∂x_i are about, and what no ``Categorical`` can express, because that normalises.
    """

    def __init__(self, probs: Tensor) -> None:
        self._probs = probs

    @property
    def probs(self) -> Tensor:
        """[T, A]."""
        return self._probs

    def log_prob(self, value: Tensor) -> Tensor:
        """[T] the logarithms of the numbers themselves."""
        return self._probs.gather(-1, value.unsqueeze(-1)).squeeze(-1).log()


#: What a policy says about A actions in each of T steps.
ActionDistribution: TypeAlias = "Categorical | FreeProbabilities"


def action_distribution(policy: Policy, observations: Tensor, legal_actions: Tensor) -> ActionDistribution:
    """Ask the policy, and rule out illegal actions.

    Args:
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.
        observations: [T, D].
        legal_actions: [T, A] bool.

    Raises:
        InvalidArgument: if the policy returns something else, or logits of another shape.
    """
    return as_distribution(ask(policy, observations), legal_actions)


def ask(policy: Policy, observations: Tensor) -> object:
    """What the policy says about actions at observations [T, D].

    A network with a critic returns a tuple (logits, value), of which this is the first part. Whatever the policy raises
    gets a note on what it was called with.
    """

    def with_note(error: Exception) -> Exception:
        shape, dtype = tuple(observations.shape), str(observations.dtype).removeprefix("torch.")
        error.add_note(f"The policy was called with observations of shape {shape} and dtype {dtype}.")
        return error

    with user_code(with_note):
        output = policy(observations)
    return output[0] if isinstance(output, tuple) and output else output


def as_distribution(output: object, legal_actions: Tensor) -> ActionDistribution:
    """Read what a policy returned, and rule out illegal actions.

    Args:
        output: logits [T, A], or a ``Categorical``, or ``FreeProbabilities``.
        legal_actions: [T, A] bool.

    Raises:
        InvalidArgument: if it is something else, or has another shape.
    """
    if isinstance(output, FreeProbabilities):
        return output
    logits = output.logits if isinstance(output, Categorical) else output
    if not isinstance(logits, Tensor):
        hint = "Return a tensor of logits or a torch.distributions.Categorical."
        raise invalid("logits [T, A] or a Categorical from the policy", "policy(observations)", output, hint)
    if not logits.is_floating_point():
        hint = "Only floating-point numbers have gradients."
        raise invalid("logits of a floating-point dtype", "the dtype of logits", logits.dtype, hint)
    if logits.shape != legal_actions.shape:
        steps, actions = legal_actions.shape
        hint = f"For {steps} observations and {actions} actions it must be ({steps}, {actions})."
        expected = "logits with a row for each observation and a column for each action"
        raise invalid(expected, "the shape of logits", tuple(logits.shape), hint)
    # Arguments were checked when the batch was made; checking in Categorical would double the time of a loss.
    return Categorical(logits=logits.masked_fill(~legal_actions, -torch.inf), validate_args=False)


def action_log_probs(policy: Policy, episodes: Episodes) -> Tensor:
    """Compute log π(action | observation) of the actions taken, [T]."""
    return action_distribution(policy, episodes.observations, episodes.legal_actions).log_prob(episodes.actions)


def action_probs(policy: Policy, episodes: Episodes) -> Tensor:
    """Compute π(action | observation) of the actions taken, [T]."""
    probs = action_distribution(policy, episodes.observations, episodes.legal_actions).probs
    return probs.gather(-1, episodes.actions.unsqueeze(-1)).squeeze(-1)
