"""One loss in one setting: its expected gradient at any batch size, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from gradcheck.checking.comparison import COARSE, FINE, Comparison, Reference, compare
from gradcheck.checking.conditions.base import MICRO, STEPS, Setting
from gradcheck.checking.conditions.true_gradients import Objective, parameters_of, references_of
from gradcheck.checking.expectation.enumerated import Expectation, expectation
from gradcheck.checking.expectation.loss_gradient import AnyLoss, LossGradient
from gradcheck.checking.expectation.randomness import random_states
from gradcheck.checking.expectation.u_statistics import expectation_by_structure
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument, invalid

_FEW = 2_000  # sequences: of up to six episodes in batches of four
_SHUFFLED = 24  # batches whose order is tried; with them every pair of up to seven episodes is swapped
_HINT = 'The policies of the battery return {}; policy="categorical" or "logits_and_value" makes them return those.'


@final
class Examination:
    """Everything that is worked out about a loss in a setting, each thing once.

    Args:
        loss: to be minimised.
        setting: the game, the policy and the condition.
        objective: what is maximised, where that is not the expected return.
        learning_rate: of an optimiser that the loss makes for itself.
        max_batches: the most to be enumerated.
        sequences: whether few batches are enumerated as sequences, without asking whether order matters to the loss.
    """

    def __init__(
        self,
        loss: AnyLoss,
        setting: Setting,
        *,
        objective: Objective | None = None,
        learning_rate: float | None = None,
        max_batches: int,
        sequences: bool = True,
    ) -> None:
        self.setting, self._objective, self._max = setting, objective, max_batches
        self._loss, self._learning_rate = loss, learning_rate
        self.parameters, self.remarks = parameters_of(setting.play.policy, setting.play.tree)
        policy = setting.play.policy
        returns = policy.returns if isinstance(policy, ProbePolicy) else ""
        self.gradient = LossGradient(
            loss,
            policy,
            self.parameters,
            where=setting.where,
            learning_rate=learning_rate,
            hint=_HINT.format(returns) if returns else "",
        )
        self._found: dict[int, Expectation] = {}
        self._numbers = np.random.default_rng(0)
        self._sequences = sequences

    def elsewhere(self, setting: Setting) -> Examination:
        """The same loss in another setting."""
        return Examination(self._loss, setting, learning_rate=self._learning_rate, max_batches=self._max)

    @property
    def collector(self) -> AbstractCollector:
        """All batches with their probabilities."""
        return self.setting.collector

    @cached_property
    def ordered(self) -> bool:
        """Whether the loss depends on the order of what is drawn independently; tried, not assumed."""
        if self.setting.condition.name == STEPS:
            return True  # nothing in a buffer is drawn independently of what lies before it
        size = self.size if self.collector.in_groups else max(2, self.size)  # larger sizes may be asked about later
        for batch in self.collector.telling(size, _SHUFFLED, self._numbers) if size > 1 else ():
            mixed = self.collector.shuffled(batch, self._numbers)
            if (mixed.chosen == batch.chosen).all():
                continue
            plain, other = (self.gradient.of(one[0]) for one in (batch, mixed))
            tolerance = 1e-4 if self.gradient.coarse else 1e-9  # sums in another order differ by rounding
            if (plain - other).abs().max() > tolerance * (1 + plain.abs().max()):
                return True
        return False

    def as_sequences(self, size: int) -> bool:
        """Whether batches are enumerated as sequences: where they are few, that is surer than any trial."""
        few = self._sequences and self.collector.count(size, ordered=True) <= min(_FEW, self._max)
        return few or self.ordered

    @property
    def size(self) -> int:
        """The batch size that was asked for."""
        return max(self._sizes_asked)

    def begin(self, *sizes: int) -> None:
        """Refuse a loss that no verdict can be about, before anything is enumerated.

        Args:
            sizes: of the batches that will be asked about.

        Raises:
            InvalidArgument: if it draws random numbers, or its answers change.
        """
        self._sizes_asked = sizes
        if self.setting.condition.name == STEPS and self.count(self.size) > self._max:  # they would be listed now
            raise self._too_many(self.size)
        self._states = random_states()
        self._first = self._some_batch()
        self._answer = self.gradient.refuse_moods(self._first)
        self.gradient.of(self._some_batch())
        self.gradient.refuse_if_changed(self._first, self._answer)

    def must_be_sampled(self, size: int) -> bool:
        """Whether the expectation cannot be enumerated: the loss draws random numbers, or the batches are too many.

        Args:
            size: of the batches.
        """
        self._sizes_asked = (size,)
        if self.gradient.is_random(self._some_batch()):
            return True
        if self.count(size) <= self._max:
            return False
        try:
            self.whole(size)  # its structure may make the batches fewer
        except InvalidArgument:
            return True
        return False

    def take(self, size: int, found: Expectation) -> None:
        """Let what was sampled stand for the expectation at a batch size."""
        self._wholes[size] = self._found[size] = found

    def _some_batch(self) -> Episodes:
        return self.collector.some(self.size, self._numbers)[0]

    def end(self) -> None:
        """Refuse a loss whose answer has changed meanwhile, that never had a gradient, or drew random numbers at times.

        Raises:
            InvalidArgument: if so.
        """
        self.gradient.refuse_if_changed(self._first, self._answer)
        self.gradient.refuse_if_constant()
        if random_states() != self._states:
            raise self.gradient.draws_numbers()

    def count(self, size: int) -> int:
        """How many batches must be enumerated at this size."""
        return self.collector.count(size, ordered=self.as_sequences(size))

    def at(self, size: int) -> Expectation:
        """The expectation at a batch size.

        Raises:
            InvalidArgument: if there are too many batches, and no structure of the loss makes them fewer.
        """
        if size not in self._found:
            if self.setting.condition.name == MICRO:
                halves = [self.whole(part) for part in (size // 2, size - size // 2)]
                self._found[size] = _average(*halves)
            else:
                self._found[size] = self.whole(size)
        return self._found[size]

    def compare(self, size: int) -> Comparison:
        """How the expected gradient stands to the true one, at a batch size."""
        found = self.at(size)
        self._refuse_cancellation(size, found)
        references = self.references(size)
        return compare(found.mean, found.size, references, coarse=self.gradient.coarse, returns=self.largest_return)

    @cached_property
    def largest_return(self) -> float:
        """In absolute value, over all steps of all episodes."""
        return float(self.collector.every.episodes.future_returns.abs().max())

    def _refuse_cancellation(self, size: int, found: Expectation) -> None:
        """Of terms a million times as large as what they add up to, nothing is left but rounding."""
        lengths = [float(one.gradient.norm()) for one in self.references(size)]
        natural = max(*lengths, float(found.mean.norm()), 1e-3 * self.largest_return)
        rounding = COARSE if self.gradient.coarse else FINE
        if self.largest_return and rounding * found.size > (0.3 if self.gradient.coarse else 1e-3) * natural:
            hint = f"{self.setting.where[:1].upper()}{self.setting.where[1:]} its terms cancel to {natural:.1e}."
            raise invalid("a loss whose terms do not cancel to rounding errors", "the size of terms", found.size, hint)

    def references(self, size: int) -> tuple[Reference, ...]:
        """The gradients that count as true."""
        if self.setting.condition.name == MICRO:
            return (Reference("the loss itself on the undivided batch", self.whole(size).mean),)
        asked = size if self.setting.condition.name == STEPS else 0  # elsewhere they do not depend on it
        if asked not in self._references:
            self._references[asked] = references_of(self.setting, size, self.parameters, self._objective)
        return self._references[asked]

    @property
    def batches(self) -> int:
        """How many different ones were enumerated so far."""
        return sum(one.batches for one in self._wholes.values())

    @cached_property
    def _references(self) -> dict[int, tuple[Reference, ...]]:
        return {}

    @cached_property
    def _wholes(self) -> dict[int, Expectation]:
        return {}

    def whole(self, size: int) -> Expectation:
        """The expectation on undivided batches, whatever the condition."""
        if size not in self._wholes:
            self._wholes[size] = self._enumerate(size)
        return self._wholes[size]

    def _too_many(self, size: int) -> InvalidArgument:
        where = self.setting.where[:1].upper() + self.setting.where[1:]
        hint = (
            f"{where} there are {self.count(size):,} batches of {size}, and the loss is no sum over single episodes, "
            "or over pairs. Give a smaller batch or game, or a larger max_batches; or draws, the number of batches to "
            "sample."
        )
        return invalid(f"at most {self._max:,} batches to enumerate", "batch", size, hint)

    def _enumerate(self, size: int) -> Expectation:
        count = self.count(size)
        if count <= self._max:
            batches = self.collector.batches(size, ordered=self.as_sequences(size))
            return expectation(self.gradient, batches, label=f"batches {self.setting.where}")
        found = None if self.ordered else expectation_by_structure(self.gradient, self.collector, size, self._max)
        if found is None:
            raise self._too_many(size)
        return found


def _average(first: Expectation, second: Expectation) -> Expectation:
    """Of the mean of two independent parts."""
    return Expectation(
        (first.mean + second.mean) / 2,
        (first.variance + second.variance) / 4,
        max(first.size, second.size),
        first.batches + second.batches,
    )


@final
@dataclass(frozen=True, eq=False)
class Observed:
    """A loss's expected gradient in one setting, at the batch size asked for.

    Attributes:
        examination: of the loss.
        size: of the batch.
        comparison: with the truth.
        exact: whether all batches were enumerated; else they were sampled.
    """

    examination: Examination
    size: int
    comparison: Comparison
    exact: bool = True

    @property
    def setting(self) -> Setting:
        """The game, the policy and the condition."""
        return self.examination.setting
