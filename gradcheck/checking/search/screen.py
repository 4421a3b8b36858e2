"""Whether a loss is clearly right or clearly wrong on a trial, at a fraction of the cost of a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import final

import numpy as np
import torch
from torch import Tensor

from gradcheck.checking.budgets import MOST_BATCHES_OF_A_SEARCHED_GAME
from gradcheck.checking.case import Case, Condition
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.question import Question
from gradcheck.checking.tolerances import CLEARLY_RIGHT, CLEARLY_WRONG
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.collectors.base import AbstractCollector, IndependentUnits


@final
class Answer(Enum):
    """What can be said without a verdict; CANNOT_TELL also where that would take as long as the verdict."""

    RIGHT = auto()
    WRONG = auto()
    NOT_CLEAR = auto()
    CANNOT_TELL = auto()


def screened(question: Question, condition: Condition) -> Answer:
    """Whether the expected gradient is the true one, or has its direction, where that passes.

    Each batch is taken in one random order of its episodes. That is the expectation of a loss to which order does not
    matter, and of one to which it does hardly ever: such a loss is rarely clearly right, and what is clearly wrong is
    confirmed by a verdict.

    Args:
        question: about a game that is given.
        condition: under which.

    Raises:
        NotApplicable: if the condition says nothing here.
        InvalidArgument: if the policy cannot play.
        LossFailed: if the loss raises.
    """
    if condition.compares_with_itself:
        return Answer.CANNOT_TELL
    (case,) = condition.cases(question.subject, question.options)
    size = condition.size(question.options)
    if case.collector.count(size, ordered=False) > MOST_BATCHES_OF_A_SEARCHED_GAME:
        return Answer.NOT_CLEAR
    gradient = LossGradient(
        question.loss,
        case.policy,
        case.parameters,
        where=case.where,
        learning_rate=question.options.learning_rate,
        allow_nan=True,
    )
    g = expectation_at_once(gradient, in_random_orders(case, case.collector.batches(size, ordered=False)))
    if g is None:
        return Answer.NOT_CLEAR if gradient.vectorised else Answer.CANNOT_TELL

    def whole(size: int, collector: AbstractCollector | None = None) -> GradientEstimate:
        del size, collector
        raise AssertionError("only a condition that compares a loss with itself asks for it")

    truths = [truth.gradient for truth in condition.true_gradients(case, size, whole)]
    errors = [_relative_error(g, t, question.options.accept) for t in truths if t.any()]
    if not errors:
        return Answer.RIGHT if float(g.norm()) <= CLEARLY_RIGHT * case.largest_return else Answer.NOT_CLEAR
    if min(errors) <= CLEARLY_RIGHT:
        return Answer.RIGHT
    return Answer.WRONG if min(errors) > CLEARLY_WRONG and len(errors) == len(truths) else Answer.NOT_CLEAR


def _relative_error(g: Tensor, t: Tensor, accept: Verdict) -> float:
    """‖g - c·t‖ / ‖c·t‖; c is 1 where only an unbiased loss passes."""
    scale = 1.0 if accept is Verdict.UNBIASED else float(g @ t) / float(t @ t)
    return float((g - scale * t).norm()) / (scale * float(t.norm())) if scale > 0 else 1.0


def in_random_orders(case: Case, every: Iterable[WeightedBatches]) -> Iterator[WeightedBatches]:
    """The same batches, each with what is drawn independently in an order of its own."""
    numbers, collector = np.random.default_rng(0), case.collector
    for batches in every:
        if not isinstance(collector, IndependentUnits):
            yield batches
            continue
        *_, chosen = collector.reordered(batches.chosen, batches.chosen.shape[1], numbers, times=1)
        yield replace(batches, chosen=chosen)


def expectation_at_once(gradient: LossGradient, every: Iterable[WeightedBatches]) -> Tensor | None:
    """[P] by one backward pass for all batches; None where it is not finite, or the loss cannot be vectorised so.

    Batches of equally many steps are computed together, whatever the lengths of their episodes.
    """
    most = gradient.most_together
    value, mean = torch.zeros((), dtype=torch.float64), torch.zeros(gradient.width, dtype=torch.float64)
    for batches in every:
        for portion in batches.alike(most, one_layout=False):
            weights = torch.as_tensor(portion.batches.weights)
            if len(portion) == 1:
                mean = mean + weights @ gradient.of_alike(portion)
            elif (values := gradient.values_of_alike(portion)) is not None:
                value = value + weights @ values
            else:
                return None
    mean = mean + gradient.of_sum(value)
    return mean if mean.isfinite().all() else None
