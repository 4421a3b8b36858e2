"""The space of a game that was given: other tables in it, and larger batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import final

from gradcheck.checking.case import Condition
from gradcheck.checking.counterexample.as_code import code_of_a_table, code_of_a_test
from gradcheck.checking.probes.subjects import Given
from gradcheck.checking.question import Question
from gradcheck.checking.result import Counterexample
from gradcheck.checking.search.rough_game import Batch
from gradcheck.checking.search.rough_space import sizes_of
from gradcheck.checking.search.space import AbstractSpace
from gradcheck.estimators.policies import TabularPolicy
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.types import Observation

_ODDS = (1, 1, 2, 3, 4, 5)


@final
@dataclass(frozen=True)
class Trial:
    """A policy and a batch size.

    Attributes:
        odds: for each information set, for each legal action; none where the policy is the one that was given.
        batch: the batch size.
    """

    odds: tuple[tuple[int, ...], ...]
    batch: Batch


@final
class GivenSpace(AbstractSpace[Trial]):
    """One game, in which tables are drawn where a table was given, or no policy; any other policy stays as it is.

    Args:
        question: what ``check`` was asked about a game.
        condition: one of those asked for.
    """

    def __init__(self, question: Question, condition: Condition) -> None:
        super().__init__(question, condition)
        self._plays = question.subject.plays(condition.probes, condition.discount(question.options))
        self._tree = self._plays[0].tree
        self._tables = all(isinstance(play.policy, TabularPolicy) for play in self._plays)
        self._behaviour = self._plays[0].behaviour
        self._sizes = sizes_of(question, condition)

    def draw(self, number: int, *, few: bool) -> Trial:
        """A random table, at the size that was asked for or a larger one."""
        del few
        source = Random(f"{self.condition.name} {self.options.seed} {number}").random
        asked, *others = self._sizes
        batch = others[int(source() * len(others))] if others and source() * 3 < 1 else asked
        legal = self._tree.legal_actions.sum(axis=1).tolist() if self._tables else []
        return Trial(tuple(tuple(_ODDS[int(source() * len(_ODDS))] for _ in range(n)) for n in legal), batch)

    def question(self, trial: Trial) -> Question:
        """The game with the policy."""
        policy = TabularPolicy(self._tree, self._table(trial)) if self._tables else self._plays[0].policy
        return self.asked(Given(self._tree, policy, self._behaviour, self.options.seed), trial.batch)

    def shrunk(self, trial: Trial, fails: Callable[[Trial], bool], most: int) -> Trial:
        """A smaller batch; a uniform policy, or one that is uniform in most places."""
        for batch in self._sizes[: self._sizes.index(trial.batch)]:
            if fails(other := Trial(trial.odds, batch)):
                trial = other
                break
        for place, row in list(enumerate(trial.odds))[:most]:
            uniform = (1,) * len(row)
            other = Trial((*trial.odds[:place], uniform, *trial.odds[place + 1 :]), trial.batch)
            if row != uniform and fails(other):
                trial = other
        return trial

    def counterexample(self, trial: Trial) -> Counterexample:
        """The policy as code; the game is where the user has it."""
        try:
            policy = [code_of_a_table(self._tree, self._table(trial))] if self._tables else []
        except InvalidArgument:  # an observation that cannot be written down
            policy = []
        code = code_of_a_test(
            None,
            policy,
            trial.batch,
            self.loss_name,
            self.call,
            options=self.call_options(),
            imports=("TabularPolicy",) if policy else (),
        )
        traits = ["the game that was given", "a table as in the code" if self._tables else "the policy that was given"]
        return Counterexample(code, self.described(traits, trial.batch))

    def _table(self, trial: Trial) -> dict[Observation, tuple[Fraction, ...]]:
        table: dict[Observation, tuple[Fraction, ...]] = {}
        for seen, row, legal in zip(
            self._tree.observations, trial.odds, self._tree.legal_actions.tolist(), strict=True
        ):
            odds = iter(row)
            table[seen] = tuple(Fraction(next(odds) if allowed else 0, sum(row)) for allowed in legal)
        return table
