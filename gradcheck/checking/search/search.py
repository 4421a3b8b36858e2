"""After the probes have passed a loss: random games, policies and batch sizes, until one fails or the time is up."""

from __future__ import annotations

import time
import warnings
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, final

from gradcheck.checking.budgets import (
    LEAST_SECONDS_TO_SHRINK,
    MOST_KNOWN_TRIALS_IN_A_ROW,
    MOST_SEQUENCES,
    MOST_SHRINKS,
)
from gradcheck.checking.case import NotApplicable
from gradcheck.checking.conditions.registry import condition_named
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judge import judge
from gradcheck.checking.judgement import Judgement
from gradcheck.checking.question import Question
from gradcheck.checking.rendering.phrases import degrees
from gradcheck.checking.result import (
    FOUND_BY_SEARCHING,
    ConditionResult,
    Counterexample,
    Finding,
    ProbeResult,
    Searched,
)
from gradcheck.checking.search.confirm import confirmed
from gradcheck.checking.search.given_space import GivenSpace
from gradcheck.checking.search.rough_space import RoughSpace
from gradcheck.checking.search.screen import Answer, screened
from gradcheck.checking.search.space import AbstractSpace
from gradcheck.checking.verdict import Verdict, worst
from gradcheck.document.numbers import percent
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.progress import progress


@final
@dataclass(frozen=True, eq=False)
class Failure:
    """A game, policy and batch size on which a loss fails.

    Attributes:
        condition: the name of the one asked for under which it does.
        verdict: there.
        probe: all numbers.
        counterexample: the same as code.
    """

    condition: str
    verdict: Verdict
    probe: ProbeResult
    counterexample: Counterexample

    @property
    def finding(self) -> Finding:
        """That a loss passes where it was asked about, and fails here."""
        how_far = f"{degrees(self.probe.direction_error)} or {percent(self.probe.relative_bias)}"
        return Finding(
            cause="found_by_searching",
            title="The loss passes on all the other probes, and fails on a game that was found by searching.",
            evidence=f"There its expected gradient is {how_far} off.",
            remedy="Run result.counterexample.code: what that game has and the others have not is what the loss gets "
            "wrong.",
        )

    def added_to(self, result: ConditionResult) -> ConditionResult:
        """The result under the condition, with the game that was found among its probes."""
        if result.condition != self.condition or result.verdict is None:
            return result
        verdict = worst((result.verdict, self.verdict))
        return replace(result, verdict=verdict, probes=(*result.probes, self.probe))


def search(
    question: Question, *, max_tries: int | None = None, max_shrinks: int = MOST_SHRINKS
) -> tuple[Searched, Failure | None]:
    """Judge a loss on one random trial after another, and make the first on which it fails as simple as can be.

    A trial is a game, a policy and a batch size, under each of the conditions asked for in turn. Their order follows
    from the seed alone, and time decides how far it gets. What a loss does in games that it was not made for, raising
    or dividing zero by zero, counts neither for nor against it.

    Args:
        question: what ``check`` was asked; its ``search`` is the time.
        max_tries: the most trials, whatever the time.
        max_shrinks: the most that are judged to make one simpler on which the loss fails.
    """
    began = time.monotonic()
    tries = _Tries(question)
    numbers = count() if max_tries is None else range(max_tries)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of games that no one asked for
        for number in progress(numbers, max_tries, "games, policies and batch sizes"):
            if time.monotonic() - began >= question.options.search or tries.exhausted:
                break
            failed = tries.next(number)
            if failed is not None:
                spent = time.monotonic() - began
                return tries.counted(spent, found=True), tries.shrunk(*failed, most=max_shrinks)
        return tries.counted(time.monotonic() - began, found=False), None


@final
@dataclass
class _Tries:
    """Judges the trials, each once, and counts them."""

    question: Question
    tried: int = 0
    skipped: int = 0
    undecided: int = 0
    in_a_row: int = 0
    can_screen: bool = True
    known: set[Hashable] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._spaces = [(name, _space(self.question, name)) for name in self.question.options.conditions]

    @property
    def exhausted(self) -> bool:
        """Whether nothing new has come for long."""
        return self.in_a_row >= MOST_KNOWN_TRIALS_IN_A_ROW

    def next(self, number: int) -> tuple[str, AbstractSpace[Any], Any] | None:
        """The condition, the space and the trial of this number, where the loss fails on it."""
        name, space = self._spaces[number % len(self._spaces)]
        trial = space.draw(number // len(self._spaces), few=not self.can_screen)
        if (name, trial) in self.known:
            self.in_a_row += 1
            return None
        self.known.add((name, trial))
        self.in_a_row = 0
        if self._screened(space, trial) is Answer.RIGHT:
            self.tried += 1
            return None
        judgement = _judged(space, trial)
        if judgement is None:
            self.skipped += 1
            return None
        self.tried += 1
        if self._fails(judgement):
            return name, space, trial
        self.undecided += not judgement.verdict.at_least(self.question.options.accept)
        return None

    def _screened(self, space: AbstractSpace[Any], trial: Any) -> Answer:
        """At a fraction of the cost of a verdict; no more once it is seen to be none."""
        if self.can_screen:
            with suppress(LossFailed, InvalidArgument, NotApplicable):
                answer = screened(space.question(trial), space.condition)
                self.can_screen = answer is not Answer.CANNOT_TELL
                return answer
        return Answer.CANNOT_TELL

    def counted(self, seconds: float, *, found: bool) -> Searched:
        """What was tried, in numbers."""
        return Searched(seconds, self.tried, self.skipped, self.undecided, found)

    def shrunk(self, condition: str, space: AbstractSpace[Any], trial: Any, *, most: int) -> Failure:
        """The simplest trial on which the loss fails, as far as there is time for it."""
        until = time.monotonic() + max(LEAST_SECONDS_TO_SHRINK, self.question.options.search / 2)
        has_limit = self.question.options.accept is Verdict.CONSISTENT

        def fails(other: Any) -> bool:
            if time.monotonic() >= until:
                return False
            answer = self._screened(space, other)
            if answer is Answer.RIGHT or (answer is Answer.WRONG and not has_limit):
                return answer is Answer.WRONG
            return self._fails(_judged(space, other))

        simplest = space.shrunk(trial, fails, most)
        judgement = _judged(space, simplest)
        if judgement is None or not self._fails(judgement):  # then the verdict alone sees that it is right
            simplest, judgement = trial, _judged(space, trial)
        assert judgement is not None  # it was judged before
        (probe,) = judgement.result.probes
        named = replace(probe, probe=FOUND_BY_SEARCHING, condition=condition)
        return Failure(condition, judgement.verdict, named, space.counterexample(simplest))

    def _fails(self, judgement: Judgement | None) -> bool:
        """Whether the verdict does not pass; one that is undecided, or not confirmed, says nothing."""
        if judgement is None:
            return False
        accept = self.question.options.accept
        return not judgement.at_best.at_least(accept) and confirmed(judgement, accept)


def _space(question: Question, name: str) -> AbstractSpace[Any]:
    condition = condition_named(name)
    if question.subject.is_battery:
        return RoughSpace(question, condition, condition_named(condition.of_a_given_game))
    return GivenSpace(question, condition)


def _judged(space: AbstractSpace[Any], trial: Any) -> Judgement | None:
    """The verdict on a trial; None where the loss, the policy or the condition says nothing there."""
    try:
        return judge(space.question(trial), space.condition, max_batches=MOST_SEQUENCES)
    except (LossFailed, InvalidArgument, NotApplicable):
        return None
