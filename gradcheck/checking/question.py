"""What ``check`` was asked, validated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack, final

from gradcheck.checking.expectation.loss_gradient import AnyLoss, num_arguments
from gradcheck.checking.numbers_in_code import numbers_in_code
from gradcheck.checking.options import CheckOptions, CheckOptionsDict, read_options
from gradcheck.checking.probes.around_numbers import suspicious
from gradcheck.checking.probes.subjects import AbstractSubject, subject_of
from gradcheck.tree.errors import invalid


@final
@dataclass(frozen=True, eq=False)
class Question:
    """A loss, who plays what, and every option.

    Attributes:
        loss: the loss.
        subject: the battery, or the game and the policy that were given.
        options: all the others.
        names_a_size: whether the batch size was given, and is not the default.
    """

    loss: AnyLoss
    subject: AbstractSubject
    options: CheckOptions
    names_a_size: bool = True


def read_question(loss: AnyLoss, game: Any = None, policy: Any = None, **options: Unpack[CheckOptionsDict]) -> Question:
    """Validate the arguments of ``check``.

    Raises:
        InvalidArgument: if one of them cannot be used.
    """
    if isinstance(loss, type) or not callable(loss):
        hint = "It is a class: make an object of it." if isinstance(loss, type) else ""
        raise invalid("a function loss(policy, episodes)", "loss", loss, hint)
    needed = num_arguments(loss)
    if needed is not None and needed not in (2, 3):
        hint = f"It takes {needed}. Give the others values with functools.partial."
        raise invalid("a function of two arguments, loss(policy, episodes)", "loss", loss, hint)
    read = read_options(options)
    # The learning rate is no threshold: what a step is divided by has no other side.
    numbers = suspicious(number for number in numbers_in_code(loss) if number != read.learning_rate)
    return Question(loss, subject_of(game, policy, read, numbers=numbers), read, names_a_size="batch" in options)
