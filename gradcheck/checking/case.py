"""What a loss is examined on: a case is one game, policy and way to collect batches; a condition makes the cases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from fractions import Fraction
from functools import cached_property, lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, final

from torch import nn

from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.failure import loss_failed
from gradcheck.checking.names import joined
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes.coordinates import parameters_of
from gradcheck.checking.probes.copied_policy import copied
from gradcheck.checking.probes.probe import Probe
from gradcheck.checking.probes.subjects import AbstractSubject, Play
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.estimators.collectors.complete_episodes import CompleteEpisodes
from gradcheck.estimators.distributions import Policy
from gradcheck.objectives import Objective
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.user_code import user_code
from gradcheck.tree.values.policy_table import PolicyTable


class Expectation(Protocol):
    """Batch size → the expected gradient of a loss on undivided batches."""

    def __call__(self, size: int, collector: AbstractCollector | None = None) -> GradientEstimate:
        """Of those that a collector has, that of the case unless another is given."""
        ...


P = ParamSpec("P")
R = TypeVar("R")


class NotApplicable(Exception):
    """A condition says nothing about what was asked; its text is the reason."""


@final
@dataclass(frozen=True, eq=False)
class Case:
    """One game, policy and way to collect batches, under one condition; ``make_case`` validates the policy, once.

    Cases of the battery have a key. Two cases with equal keys are equal, so that what is worked out for one of them
    serves in later checks, too. Any other case is equal to itself alone.

    Attributes:
        condition: under which.
        name: of the probe, or "the game".
        tree: the unrolled game.
        policy: at whose parameters the loss is evaluated.
        behaviour: what samples the episodes, where that is not the policy.
        parameters: {name: parameter} of the policy, those that action probabilities depend on.
        collector: all batches with their probabilities.
        objective: what is maximised, where that is not the expected return.
        remarks: on the parameters that are left out.
        key: of a case of the battery.
        reference: which gradient counts as true where another policy samples, one of ``names.ReferenceName``.
        rough: whether the game is there for the verdict alone; see ``Probe``.
        untouched: of a case of the battery, the same with a copy of the policy that no loss is ever called with.
        memo: what ``kept_with_case`` has worked out for a case without a key; it goes when the case does.
    """

    condition: Condition
    name: str
    tree: GameTree = field(repr=False)
    policy: nn.Module = field(repr=False)
    behaviour: Policy | PolicyTable | None = field(repr=False)
    parameters: Mapping[str, nn.Parameter] = field(repr=False)
    collector: AbstractCollector = field(repr=False)
    objective: Objective | None = field(repr=False)
    remarks: tuple[str, ...] = field(repr=False)
    key: Hashable | None = field(repr=False)
    reference: str = field(default="return", repr=False)
    rough: bool = field(default=False, repr=False)
    untouched: Case | None = field(default=None, repr=False)
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Case) or self.key is None:
            return self is other
        return self.key == other.key

    def __hash__(self) -> int:
        return id(self) if self.key is None else hash(self.key)

    @property
    def where(self) -> str:
        """In words, for messages. It begins with "on" or "in"."""
        game = f"on the probe {self.name}" if self.name.isidentifier() else f"in {self.name}"
        return game if self.condition.goes_without_saying else f"{game} under {self.condition.name}"

    @property
    def off_policy(self) -> bool:
        """Whether another policy samples than the one that is optimised."""
        return self.behaviour is not None

    @property
    def by_the_other_reference(self) -> Case:
        """The same, with what counts as true by the reference that was not asked for."""
        return replace(self, reference="return" if self.reference == "stepwise" else "stepwise")

    @cached_property
    def largest_return(self) -> float:
        """In absolute value, over all steps of all complete episodes."""
        return float(self.collector.all_episodes.episodes.future_returns.abs().max())


def kept_with_case(maxsize: int) -> Callable[[Callable[Concatenate[Case, P], R]], Callable[Concatenate[Case, P], R]]:
    """Remember what a function of a case and of hashable arguments has answered.

    What is worked out for a case of the battery serves in later checks: the last ``maxsize`` answers are kept. They
    are about the untouched case, for a loss may leave hooks on the policy that it is called with. Any other case
    belongs to a user, whose game and policy are not held on to: its answers are kept with the case itself.
    """

    def decorate(function: Callable[Concatenate[Case, P], R]) -> Callable[Concatenate[Case, P], R]:
        shared = lru_cache(maxsize)(function)

        @wraps(function)
        def remembering(case: Case, *arguments: P.args, **named: P.kwargs) -> R:
            if case.untouched is not None:
                return shared(case.untouched, *arguments, **named)
            key = (function, arguments, tuple(named.items()))
            if key not in case.memo:
                case.memo[key] = function(case, *arguments, **named)
            return case.memo[key]

        return remembering

    return decorate


def make_case(
    condition: Condition,
    play: Play,
    collector: AbstractCollector,
    *,
    objective: Objective | None = None,
    key: Hashable | None = None,
    reference: str = "return",
) -> Case:
    """Validate the policy of a game, and put it under a condition.

    Args:
        condition: under which.
        play: the game, the policy at whose parameters the loss is evaluated, and what samples.
        collector: all batches with their probabilities.
        objective: what is maximised, where that is not the expected return.
        key: of a case of the battery.
        reference: as in ``Case``.

    Raises:
        InvalidArgument: if the policy has no parameters that its probabilities depend on, or cannot play the game.
        LossFailed: if the policy raises.
    """
    with user_code(loss_failed):  # the policy is asked about every observation
        parameters, remarks = parameters_of(play.policy, play.tree)
    case = Case(
        condition,
        play.name,
        play.tree,
        play.policy,
        play.behaviour,
        parameters,
        collector,
        objective,
        remarks,
        key,
        reference,
        rough=play.rough,
    )
    if key is None:
        return case
    policy = copied(play.policy)
    own = {name: parameter for name, parameter in policy.named_parameters() if name in parameters}
    return replace(case, untouched=replace(case, policy=policy, parameters=own))


class Aspect(Enum):
    """What a condition decides, and leaves to others: of several at once each decides its own, whatever the rest say.

    In the order of who chooses the probes where several hold: first those that need games of a kind.
    """

    ILLEGAL_ACTIONS = auto()  # whether every action is always legal
    COLLECTING = auto()  # how episodes make a batch
    DISCOUNT = auto()  # of the game
    PARAMETERS = auto()  # where they are when the loss is evaluated
    COMPARISON = auto()  # what the loss is compared with


class Condition(ABC):
    """How batches arise, and what counts as the true gradient. To add one, write a class like these in a file.

    Conditions of different aspects hold together, too: see ``conditions/composite.py``.
    """

    #: As users write it.
    name: str
    #: What it means, in one sentence.
    summary: str
    #: What it decides.
    aspect: Aspect
    #: Of the battery, those that it is tried on.
    probes: tuple[Probe, ...]
    #: Whether a loss may be right in the limit of large batches only.
    has_limit: bool = True
    #: Whether other batch sizes are looked at, too.
    has_other_sizes: bool = True
    #: Whether the last episode of a batch may be cut before its end.
    cuts_episodes: bool = False
    #: Whether the true gradient is another one at another batch size.
    truth_depends_on_size: bool = False
    #: Whether a loss is compared with itself, and so with another gradient once it is mended.
    compares_with_itself: bool = False
    #: Whether it moves the parameters away from where the episodes are sampled.
    moves_parameters: bool = False
    #: Whether it is about games with a discount.
    is_discounted: bool = False
    #: Whether batches can be sampled where they are too many.
    can_be_sampled: bool = True
    #: Whether it is the default, and so not named in messages.
    goes_without_saying: bool = False
    #: Batch sizes at which a counterexample is looked for; none where it is not.
    counterexample_sizes: tuple[int, ...] = (1, 2, 3)

    @property
    def of_a_given_game(self) -> str:
        """The condition that asks the same about a game that has what this one is about."""
        return self.name

    def cases(self, subject: AbstractSubject, options: CheckOptions, *, beside: bool = False) -> tuple[Case, ...]:
        """The cases that a loss is examined on.

        Args:
            subject: who plays what.
            options: of ``check``.
            beside: whether the condition was not asked for, and decides nothing: of the rough probes, those alone are
                tried that are made for it; but the default condition is always tried on all.

        Raises:
            NotApplicable: if the condition says nothing about the game that was given, or with these options.
            InvalidArgument: if a policy cannot be used.
            LossFailed: if a policy raises.
        """
        self.require(options)
        found = []
        probes = (*self.probes, *self.probes_around(subject.numbers))
        if beside and not self.goes_without_saying:
            probes = tuple(one for one in probes if not one.rough or (self.moves_parameters and one.moved is not None))
        for play in subject.plays(probes, self.discount(options)):
            if not subject.is_battery:
                self.require_of_game(play.tree)
            with user_code(loss_failed):  # a policy may refuse to be copied, say
                placed = self.placed(play, options)
                collector = self.collector(placed, options)
            key = None if options.objective is not None else subject.key(placed)
            found.append(
                make_case(
                    self,
                    placed,
                    collector,
                    objective=options.objective,
                    key=None if key is None else (self.name, options.reference, *self.key(options), *key),
                    reference=options.reference,
                )
            )
        return tuple(found)

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Further ones of the battery, for the numbers in the loss's own code."""
        del numbers
        return ()

    def require(self, options: CheckOptions) -> None:
        """Refuse options with which the condition says nothing.

        Raises:
            NotApplicable: if so.
        """
        del options

    def require_of_game(self, tree: GameTree) -> None:
        """Refuse a given game about which the condition says nothing.

        Raises:
            NotApplicable: if so.
        """
        del tree

    def discount(self, options: CheckOptions) -> Fraction:
        """Of the probes."""
        del options
        return Fraction(1)

    def key(self, options: CheckOptions) -> tuple[Hashable, ...]:
        """The options that cases of the battery depend on, besides its seed."""
        del options
        return ()

    def placed(self, play: Play, options: CheckOptions) -> Play:
        """The game and the policies, with the parameters where the loss is evaluated."""
        del options
        return play

    def collector(self, play: Play, options: CheckOptions) -> AbstractCollector:
        """All batches with their probabilities."""
        del options
        return CompleteEpisodes(play.tree, play.sampler, optimised=play.policy)

    def size(self, options: CheckOptions) -> int:
        """N, the number of episodes in a batch, or of steps in a buffer."""
        return options.num_episodes

    def batch_of_size(self, size: int) -> int | tuple[int, int]:
        """The option ``batch`` for which ``size`` is this."""
        return size

    def words_for_a_batch(self, size: int) -> str:
        """Such as "a batch of 4"."""
        return f"a batch of {size}"

    def small_size(self, size: int) -> int:
        """Of batches on which most mistakes are told apart already: two episodes, where they are drawn one by one."""
        return min(2, size)

    def on_the_battery(self, case: Case) -> str:
        """The condition under which the battery is most like a given game, where mistakes are told apart.

        Games with a discount, and policies that do not sample themselves, have conditions of their own there.
        """
        also = {"discounted": case.tree.game.discount != 1, "moved_parameters": case.off_policy}
        return joined([self.name, *(name for name, holds in also.items() if holds)])

    def remark(self, options: CheckOptions) -> str:
        """What there is to know about these batches: what grows, where that is not the number of episodes, say."""
        del options
        return ""

    def estimate(self, case: Case, whole: Expectation, size: int) -> GradientEstimate:
        """The expected gradient at a batch size, from that on undivided batches of any size."""
        del case
        return whole(size)

    @abstractmethod
    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """The gradients of which a loss has to have one.

        Args:
            case: of this condition.
            size: of the batches.
            whole: what the loss itself gives on undivided batches.
        """
