"""What a mistake is: it puts something wrong in place of one component of −average(score · weights), or adds a term."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import TypeAlias, final

from torch import Tensor

from gradcheck.estimators.averages import Average
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.estimators.weights import Weights

#: Policy and episodes → [T], what is differentiated at each step.
Score: TypeAlias = Callable[[Policy, Episodes], Tensor]

#: Episodes → [T], how often each step counts: 1, or 0 where it is left out.
Counts: TypeAlias = Callable[[Episodes], Tensor]


@final
class Feature(Enum):
    """What a case may have, without which some mistakes are none."""

    DISCOUNT = auto()  # below 1
    OFF_POLICY = auto()  # the policy is not the one that sampled
    STEPWISE = auto()  # and what counts as true is the surrogate whose steps are importance-weighted one by one
    GROUPS = auto()
    CUT = auto()  # episodes are cut short
    CRITIC = auto()  # the policy returns a value, too
    ILLEGAL = auto()  # actions are not always legal


@final
class Component(Enum):
    """The places of a loss that a mistake may take."""

    SCORE = auto()
    WEIGHTS = auto()
    STEPS = auto()  # which of them count
    AVERAGE = auto()
    SIGN = auto()
    TERM = auto()  # what is added


@final
@dataclass(frozen=True)
class CriticWeights:
    """Weights that need the policy's critic: policy and episodes → [T], NaN where the policy has none.

    Attributes:
        function: computes them; no gradient is taken.
    """

    function: Score


@final
@dataclass(frozen=True, eq=False)
class Form:
    """One form of a mistake: what stands in place of right components, None where the right one stays.

    Attributes:
        score: what is differentiated.
        weights: what it is multiplied with.
        steps: how often each step counts.
        average: how terms of steps become one number; linear.
        negated: whether the sign is wrong.
        loss: a loss that is no average(score · weights), or a term.
        across_episodes: whether score or weights of a step depend on the other episodes of its batch.
    """

    score: Score | None = None
    weights: Weights | CriticWeights | None = None
    steps: Counts | None = None
    average: Average | None = None
    negated: bool = False
    loss: Loss | None = None
    across_episodes: bool = False

    @cached_property
    def takes(self) -> frozenset[Component]:
        """The places that are taken; a loss of its own takes all of them."""
        if self.loss is not None:
            return frozenset(Component)
        parts = {
            Component.SCORE: self.score is not None,
            Component.WEIGHTS: self.weights is not None,
            Component.STEPS: self.steps is not None,
            Component.AVERAGE: self.average is not None,
            Component.SIGN: self.negated,
        }
        return frozenset(component for component, taken in parts.items() if taken)


class Replacement(ABC):
    """What a mistake replaces, in all its forms, the simplest first."""

    @property
    @abstractmethod
    def forms(self) -> tuple[Form, ...]:
        """All of them."""


@final
class OtherScore(Replacement):
    """Something else than the log-probability of the action is differentiated.

    Args:
        scores: policy and episodes → [T].
        weights: where the score is made for weights of its own.
        average: where it is made for an average of its own.
        across_episodes: as in ``Form``.
    """

    def __init__(
        self,
        *scores: Score,
        weights: Weights | None = None,
        averages: tuple[Average | None, ...] = (None,),
        across_episodes: bool = False,
    ) -> None:
        self._forms = tuple(
            Form(score=score, weights=weights, average=average, across_episodes=across_episodes)
            for average in averages
            for score in scores
        )

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each score."""
        return self._forms


@final
class OtherWeights(Replacement):
    """Scores are multiplied with something else than the return.

    Args:
        weights: episodes → [T], constants.
        across_episodes: as in ``Form``.
    """

    def __init__(self, *weights: Weights | CriticWeights, across_episodes: bool = False) -> None:
        self._forms = tuple(Form(weights=one, across_episodes=across_episodes) for one in weights)

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each of the weights."""
        return self._forms


@final
class OtherSteps(Replacement):
    """Some steps are left out, or count more than once.

    Args:
        counts: episodes → [T].
        averages: that are met with it; None is the right one.
    """

    def __init__(self, counts: Counts, *averages: Average | None) -> None:
        self._forms = tuple(Form(steps=counts, average=average) for average in averages or (None,))

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each average."""
        return self._forms


@final
class OtherAverage(Replacement):
    """Terms of steps become one number in another way.

    Args:
        averages: terms [T] and episodes → scalar.
    """

    def __init__(self, *averages: Average) -> None:
        self._forms = tuple(Form(average=average) for average in averages)

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each average."""
        return self._forms


@final
class OtherSign(Replacement):
    """The loss is negated."""

    @property
    def forms(self) -> tuple[Form, ...]:
        """One."""
        return (_NEGATED,)


@final
class OtherLoss(Replacement):
    """The loss is no average(score · weights).

    Args:
        losses: ``loss(policy, episodes)``, scalars to minimise.
    """

    def __init__(self, *losses: Loss) -> None:
        self._forms = tuple(Form(loss=loss) for loss in losses)

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each loss."""
        return self._forms


@final
class AddedTerm(Replacement):
    """Something is added, in any amount above 0.

    Args:
        losses: the term as it would be added to a loss that is minimised.
    """

    def __init__(self, *losses: Loss) -> None:
        self._forms = tuple(Form(loss=loss) for loss in losses)

    @property
    def forms(self) -> tuple[Form, ...]:
        """One for each loss."""
        return self._forms


_NEGATED = Form(negated=True)


@final
@dataclass(frozen=True, eq=False)
class Mistake:
    """A known mistake.

    A loss makes it where its expected gradient is that of a loss which is right but for it, times one positive number,
    on all cases. Several entries may have one name, where the title says by how much something is wrong.

    Attributes:
        name: in lower case with underscores, such as "immediate_reward".
        title: what a loss with it does, in one sentence.
        remedy: what to do, in one sentence.
        replaces: one component, or what is added.
        features: what a case must have for the mistake to be one at all; elsewhere it is not asked.
    """

    name: str
    title: str
    remedy: str
    replaces: Replacement = field(repr=False)
    features: frozenset[Feature] = frozenset()

    @property
    def forms(self) -> tuple[Form, ...]:
        """All of them, the simplest first."""
        return self.replaces.forms

    @property
    def is_term(self) -> bool:
        """Whether it adds something, and replaces nothing."""
        return isinstance(self.replaces, AddedTerm)
