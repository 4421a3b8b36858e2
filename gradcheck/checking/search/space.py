"""What a search goes through: games with policies and batch sizes, under one condition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from gradcheck.checking.case import Condition
from gradcheck.checking.expectation.loss_gradient import name_of
from gradcheck.checking.probes.subjects import AbstractSubject
from gradcheck.checking.question import Question
from gradcheck.checking.result import Counterexample
from gradcheck.checking.search.rough_game import Batch, num_episodes

#: One game, policy and batch size; hashable.
T = TypeVar("T")


class AbstractSpace(ABC, Generic[T]):
    """Trials in a fixed order, that of their numbers, and what is simpler than each.

    Args:
        question: what ``check`` was asked.
        condition: under which a loss is tried; it asks about a game that is given.
    """

    def __init__(self, question: Question, condition: Condition) -> None:
        self.loss, self.options, self.condition = question.loss, question.options, condition

    @abstractmethod
    def draw(self, number: int, *, few: bool) -> T:
        """The trial of this number, 0 or more; two numbers may have the same one.

        Args:
            number: of the trial.
            few: whether few batches should be enumerated, because the loss is slow.
        """

    @abstractmethod
    def question(self, trial: T) -> Question:
        """The question whether the loss is right there."""

    @abstractmethod
    def shrunk(self, trial: T, fails: Callable[[T], bool], most: int) -> T:
        """The simplest trial that was reached from one on which the loss fails, where it still does.

        Args:
            trial: on which it fails.
            fails: whether it fails on another.
            most: how often that is asked at most.
        """

    @abstractmethod
    def counterexample(self, trial: T) -> Counterexample:
        """It as code, and in words."""

    def asked(self, subject: AbstractSubject, batch: Batch) -> Question:
        """The question about a game and its policy, at a batch size."""
        return Question(self.loss, subject, replace(self.options, batch=batch, draws=None, behaviour=None))

    @property
    def call(self) -> str:
        """The assertion that fails."""
        return f"assert_{self.options.accept}"

    @property
    def loss_name(self) -> str:
        """What the loss is called in code."""
        return name_of(self.loss)

    def call_options(self, *, seed: bool = False) -> dict[str, Any]:
        """Of the assertion, where they are not the defaults."""
        options: dict[str, Any] = {}
        if not self.condition.goes_without_saying:
            options["conditions"] = self.condition.name
        if self.options.reference != "return":
            options["reference"] = self.options.reference
        if self.options.learning_rate is not None:
            options["learning_rate"] = self.options.learning_rate
        if seed and self.options.seed:
            options["seed"] = self.options.seed
        return options

    def described(self, traits: list[str], batch: Batch) -> str:
        """What a trial is like, in one sentence."""
        episodes = self.condition.words_for_a_batch(num_episodes(batch))
        words = f"The smallest game found by searching on which it fails: {', '.join([*traits, episodes])}."
        return words if self.options.objective is None else f"{words} Give it the same objective=, too."
