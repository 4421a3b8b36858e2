"""The space of rough games, for losses that are checked on the battery."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, final

import torch
from torch import nn

from gradcheck.checking.budgets import MOST_BATCHES_OF_A_SEARCHED_GAME
from gradcheck.checking.case import Condition
from gradcheck.checking.counterexample.as_code import code_of_a_table, code_of_a_test
from gradcheck.checking.numbers_in_code import numbers_in_code
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.checking.probes.subjects import Battery, Given
from gradcheck.checking.question import Question
from gradcheck.checking.result import Counterexample
from gradcheck.checking.search.random_game import Limits, draw, sizes_beyond, told_sizes
from gradcheck.checking.search.rough_game import Batch, RoughGame, num_episodes, probabilities, tabular_game
from gradcheck.checking.search.shrink import shrink
from gradcheck.checking.search.space import AbstractSpace
from gradcheck.checking.search.traits import traits
from gradcheck.checking.verdict import Verdict
from gradcheck.tree.game import TabularGame
from gradcheck.tree.unroll import unroll

if TYPE_CHECKING:
    from gradcheck.checking.probes.subjects import PolicyMaker

_VALUES = (0.5, -1.5, 2.0)  # weights of a critic that is wrong, as critics are


@final
class RoughSpace(AbstractSpace[RoughGame]):
    """Random rough games, each with a table or a linear layer as its policy, or with what the user's function makes.

    Batches are of the size asked for, or larger: what is said about a loss is said about that size, and many losses
    that are right there are not in smaller batches.

    Args:
        question: what ``check`` was asked about the battery.
        condition: one of those asked for.
        of_a_given_game: the condition that asks the same about a game that has what that one is about.
    """

    def __init__(self, question: Question, condition: Condition, of_a_given_game: Condition) -> None:
        super().__init__(question, of_a_given_game)
        assert isinstance(question.subject, Battery)
        self._policy: str | PolicyMaker = question.subject.policy
        self._discount: Fraction = condition.discount(question.options)
        self._numbers = numbers_in_code(question.loss)
        self._sizes = sizes_of(question, condition)
        made = not isinstance(self._policy, str)
        plays = question.subject.plays(condition.probes, self._discount)
        self._tables = self._policy == "logits"
        self._limits = Limits(
            sizes=self._sizes,
            told_sizes=() if isinstance(self._sizes[0], tuple) else told_sizes(self._sizes[0], self._numbers),
            most_batches=MOST_BATCHES_OF_A_SEARCHED_GAME,
            numbers=self._numbers,
            least_starts=2 if isinstance(self._sizes[0], tuple) else 1,
            illegal=any(not play.tree.legal_actions.all() for play in plays),
            tables=self._tables,
            layers=not made,
            plain=question.options.accept is Verdict.CONSISTENT,
        )

    def draw(self, number: int, *, few: bool) -> RoughGame:
        """A random one."""
        return draw(f"{self.condition.name} {self.options.seed} {number}", self._limits, few=few)

    def question(self, trial: RoughGame) -> Question:
        """The game and its policy, given."""
        game = tabular_game(trial, self._discount)
        return self.asked(Given(unroll(game), self._player(trial), None, self.options.seed), trial.batch)

    def shrunk(self, trial: RoughGame, fails: Callable[[RoughGame], bool], most: int) -> RoughGame:
        """Simpler in any way; batches stay as large as was asked."""
        return shrink(trial, fails, sizes=self._sizes, tables=self._tables, numbers=self._numbers, most=most)

    def counterexample(self, trial: RoughGame) -> Counterexample:
        """The game and its policy as code."""
        game = tabular_game(trial, self._discount)
        code = code_of_a_test(
            game,
            self._policy_code(trial, game),
            trial.batch,
            self.loss_name,
            self.call,
            options=self.call_options(seed=True),
            imports=("TabularPolicy",) if self._is_table(trial) else (),
            before=self._imports(trial),
            policy_name=self._policy_name,
        )
        return Counterexample(code, self.described(traits(trial), trial.batch))

    def _is_table(self, trial: RoughGame) -> bool:
        return self._tables and not trial.is_layer

    def _player(self, trial: RoughGame) -> nn.Module | PolicyMaker | dict[tuple[float, ...], tuple[Fraction, ...]]:
        if not isinstance(self._policy, str):
            return self._policy
        return layer(trial.odds, self._policy) if trial.is_layer else probabilities(trial)

    @property
    def _policy_name(self) -> str:
        name = getattr(self._policy, "__name__", "policy")
        return name if name.isidentifier() else "policy"

    def _policy_code(self, trial: RoughGame, game: TabularGame) -> list[str]:
        if not isinstance(self._policy, str):
            return []
        if not trial.is_layer:
            return [code_of_a_table(game, probabilities(trial))]
        weights, bias = [list(row[:-1]) for row in trial.odds], [row[-1] for row in trial.odds]
        shape = f"{len(weights[0])}, {len(bias)}"
        made = f"nn.Linear({shape}, dtype=torch.float64)"
        if self._policy != "logits":
            critic = f"torch.tensor([{list(_critic(len(weights[0])))}], dtype=torch.float64)"
            made = f"ProbePolicy(torch.zeros({shape[::-1]}).double(), {critic}, returns={self._policy!r})".replace(
                "'", '"'
            )
        return [
            f"policy = {made}",
            "with torch.no_grad():",
            f"    policy.weight.copy_(torch.tensor({weights}).double().log())",
            f"    policy.bias.copy_(torch.tensor({bias}).double().log())",
        ]

    def _imports(self, trial: RoughGame) -> list[str]:
        if not isinstance(self._policy, str) or not trial.is_layer:
            return []
        if self._policy == "logits":
            return ["import torch", "from torch import nn"]
        return ["import torch", "", "from gradcheck.checking.probes.probe_policy import ProbePolicy"]


def layer(odds: tuple[tuple[int, ...], ...], returns: str) -> nn.Module:
    """A linear layer whose weights are logarithms of whole numbers.

    Args:
        odds: for each action, for each feature, the number; that of the bias at the end.
        returns: one of ``options.POLICY_OUTPUTS``.
    """
    numbers = torch.tensor(odds).double().log()
    weight, bias = numbers[:, :-1], numbers[:, -1]
    if returns == "logits":
        policy: nn.Linear | ProbePolicy = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
    else:
        critic = torch.tensor([_critic(weight.shape[1])], dtype=torch.float64)
        policy = ProbePolicy(torch.zeros_like(weight), critic, returns=returns)
    with torch.no_grad():
        policy.weight.copy_(weight)
        policy.bias.copy_(bias)
    return policy


def _critic(width: int) -> tuple[float, ...]:
    return tuple(_VALUES[place % len(_VALUES)] for place in range(width))


def sizes_of(question: Question, condition: Condition) -> tuple[Batch, ...]:
    """The size asked for, and larger ones; of groups, more of them, and larger ones."""
    options, numbers = question.options, numbers_in_code(question.loss)
    size = condition.size(options)
    asked = condition.batch_of_size(size)
    if isinstance(asked, tuple):
        number, each = options.batch if isinstance(options.batch, tuple) else asked
        larger = [each + 1, *(one for one in sizes_beyond(each, numbers) if one <= 2 * each + 2)]
        return (number, each), (number + 1, each), *((number, one) for one in dict.fromkeys(larger))
    if not condition.has_other_sizes:
        return (asked,)
    return asked, *sizes_beyond(num_episodes(asked), numbers)
