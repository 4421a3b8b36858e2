"""What is true of a case, by nested loops: g, t, their relation at this size, and what becomes of it in large batches.

Nothing here is the product's but the classes of games, policies and batches. A relation is said only where it is clear:
what lies between rounding and a millionth of the terms that were added up is called too close.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import torch
from torch import Tensor, nn

from tests.check import brute_force
from tests.check.brute_force import Played, Setting, batches, gradients, play
from tests.fuzz.cases import Case, defined

#: Of the terms that are summed: less is rounding of float64, more is no rounding. What is between decides nothing.
ROUNDING, CLEAR = 1e-10, 1e-6
#: The same of the largest return, which scores of nearly deterministic policies multiply: 1 - π is rounded absolutely.
ABSOLUTE_ROUNDING, ABSOLUTE_CLEAR = 1e-13, 1e-9
#: A true gradient that is this small beside the largest return is zero; one that is between this and ROUNDING may be.
NOTHING = 1e-14
#: Two gradients that differ by more are not called the same, however much of it could be rounding.
SAME = 1e-3
#: What is no rounding of float32, of the terms and of the largest return.
COARSE_CLEAR, COARSE_ABSOLUTE_CLEAR = 1e-3, 1e-4

#: Less is not called an error of the direction.
LEAST_ERROR = 1e-5

_LADDER = 130  # batches at one size
_GROWTH = (1, 2, 4)
_STEPS_OF_A_POPULATION = 4_000


@final
@dataclass(frozen=True, eq=False)
class Sums:
    """Of minus the gradient of a loss, over all batches of one size.

    Attributes:
        mean: [P].
        variance: [P].
        size: E of its norm, which rounding is proportional to.
        largest: of its norms on all batches, however improbable.
        batches: how many.
        constant: whether the loss never depended on the parameters.
        finite: whether it always was a number.
    """

    mean: Tensor
    variance: Tensor
    size: float
    largest: float
    batches: int
    constant: bool
    finite: bool


@final
class Oracle:
    """The truth about a case.

    Args:
        case: which.
        moved: the parameters at which the product evaluates the loss, where it moves them.
    """

    def __init__(self, case: Case, moved: dict[str, Tensor] | None = None) -> None:
        names = defined(case, exact=True)
        self.case, self.game, self.loss = case, names["game"], names["loss"]
        self.policy: nn.Module = names["policy"]
        behaviour = {"policy": self.policy, "before": self.policy, "behaviour": names.get("behaviour")}[case.sampler]
        if moved is not None:
            self.policy = deepcopy(self.policy)
            self.policy.load_state_dict({name: value.double() for name, value in moved.items()})
        self.setting = Setting("the game", case.condition, self.game, self.policy, behaviour)
        self.parameters = brute_force.coordinates(self.setting)

    # ------------------------------------------------------------ expectations

    def expected(self, loss: Callable[..., Any], batch: Any, *, undivided: bool = False) -> Sums:
        """Over all batches in all orders."""
        total = square = torch.zeros(sum(p.numel() for p in self.parameters), dtype=torch.float64)
        size, largest, constant, finite = 0.0, 0.0, True, True
        batches = brute_force.every_batch(self.setting, batch)
        for weight, episodes in batches:
            parts = [episodes] if undivided or not self.case.is_split else self._halves(episodes)
            gradients = [one for part in parts if (one := self.gradient(loss, part)) is not None]
            if not gradients:
                continue
            constant = False
            gradient = sum(gradients, start=torch.zeros_like(total)) / len(parts)
            finite = finite and bool(gradient.isfinite().all())
            total, square = total + weight * gradient, square + weight * gradient**2
            size += weight * float(gradient.norm())
            largest = max(largest, float(gradient.norm()))
        return Sums(total, (square - total**2).clamp(min=0), size, largest, len(batches), constant, finite)

    def _halves(self, episodes: Any) -> list[Any]:
        """What is split is episodes or groups; of an odd number, the second part has one more."""
        half = episodes.num_episodes // 2
        if self.case.collection == "groups":
            groups, members = self.case.batch
            half = groups // 2 * members
        return [episodes.select(range(half)), episodes.select(range(half, episodes.num_episodes))]

    def gradient(self, loss: Callable[..., Any], episodes: Any) -> Tensor | None:
        """[P] minus the gradient on one batch; None where it does not depend on the parameters."""
        for parameter in self.policy.parameters():
            parameter.grad = None
        result = loss(self.policy, episodes)
        if isinstance(result, Tensor):
            if not result.requires_grad:
                return None
            result.backward()
        if all(parameter.grad is None for parameter in self.parameters):
            return None
        found = [torch.zeros_like(p) if p.grad is None else -p.grad for p in self.parameters]
        return torch.cat([one.reshape(-1) for one in found])

    @cached_property
    def here(self) -> Sums:
        """At the size of the case."""
        return self.expected(self.loss, self.case.batch)

    @cached_property
    def largest_return(self) -> float:
        """In absolute value."""
        found = 0.0
        for played in brute_force.every_episode(self.game):
            running = 0.0
            for step in reversed(played.steps):
                running = step.reward + float(self.game.discount) * running
                found = max(found, abs(running))
        return found

    @cached_property
    def longest(self) -> int:
        """Steps of an episode."""
        return max(len(played.steps) for played in brute_force.every_episode(self.game))

    @property
    def rounding(self) -> float:
        """Of one gradient, however small it is: ratios are 1 and probabilities 0 only to rounding."""
        return self.case.loss.scale * max(1.0, self.largest_return) * (1e-6 if self.case.coarse else 1e-14)

    @property
    def may_be_lost(self) -> bool:
        """Whether rounding of the largest gradients of single batches is something beside the true one.

        Only what is very improbable is so large, where two policies differ by powers of ten, and it hardly counts. But
        a product that knows the gradients alone cannot tell what likely ones were made of.
        """
        return 1e-14 * self.here.largest > 1e-4 * max(float(t.norm()) for t in self.here_truths)

    def truths(self, batch: Any) -> list[Tensor]:
        """The gradients of which a loss has to have one."""
        if self.case.is_split:
            return [self.expected(self.loss, batch, undivided=True).mean]
        if self.case.collection == "fixed_steps" or self.case.reference == "stepwise":
            return brute_force.references(self.loss, self.setting, batch, reference=self.case.reference)
        return [self.of_the_return]

    @cached_property
    def of_the_return(self) -> Tensor:
        """∇J, by autograd of Σ P(τ)·return(τ)."""
        total = torch.zeros((), dtype=torch.float64)
        for episode in brute_force.every_episode(self.game):
            worth = sum(step.reward * float(self.game.discount) ** t for t, step in enumerate(episode.steps))
            total = total + brute_force.probability(self.policy, episode) * worth
        found = torch.autograd.grad(total, self.parameters, allow_unused=True, materialize_grads=True)
        return torch.cat([one.reshape(-1) for one in found]).detach()

    @cached_property
    def here_truths(self) -> list[Tensor]:
        """At the size of the case."""
        return self.truths(self.case.batch)

    # ------------------------------------------------------------ relations

    def relation(self, sums: Sums, truths: Sequence[Tensor]) -> str:
        """ "unbiased", "proportional", "wrong", or "too close" where that is not clear."""
        found = [self._relation(sums, truth) for truth in truths]
        for name in ("unbiased", "too close", "proportional", "wrong"):
            if name in found:
                return name
        raise AssertionError(found)

    def _relation(self, sums: Sums, t: Tensor) -> str:
        g, length = sums.mean, float(sums.mean.norm())
        norm, returns = float(t.norm()), self.largest_return
        if sums.size <= self.rounding:
            return "too close"
        clear, absolute_clear = (COARSE_CLEAR, COARSE_ABSOLUTE_CLEAR) if self.case.coarse else (CLEAR, ABSOLUTE_CLEAR)
        if norm <= NOTHING * returns:
            return _clear(length, ROUNDING * sums.size, clear * sums.size, "unbiased", "wrong")
        if norm <= ROUNDING * returns:
            return "too close"
        times = sums.size / norm  # how often the loss contains what it should: 1 for a right one, at least
        low = ROUNDING * sums.size + ABSOLUTE_ROUNDING * returns * times
        high = clear * sums.size + absolute_clear * returns * times
        gap = float((g - t).norm())
        bias = _clear(gap, low + ROUNDING * norm, high + clear * norm, "unbiased", "not unbiased")
        if bias == "unbiased" and gap > SAME * norm:  # what rounding may be at most is not what it is
            return "too close"
        if bias != "not unbiased":
            return bias
        along = float(g @ t) / norm**2
        beside = float((g - along * t).norm())
        across = _clear(beside, low, high, "along", "across")
        if across == "along" and beside > SAME * length:
            return "too close"
        if across == "across":
            return "wrong"
        if length == 0 or (along < 0 and length > high):
            return "wrong"
        return "proportional" if across == "along" and along * norm > high else "too close"

    # ------------------------------------------------------------ the limit

    @cached_property
    def limit(self) -> str:
        """ "right", "wrong" or "unknown": whether the direction of g tends to that of t as batches grow.

        It is wrong where it is the same wrong one at several sizes, as it is for whatever is a sum over episodes; and
        where a batch that holds every episode as often as it is probable, one twice and one four times as large have
        the same error. It is right where they have none, or one that falls.
        """
        if self.case.loss.by_size or len(self.here_truths) > 1:
            return "unknown"
        truth = self.here_truths[0]
        if float(truth.norm()) <= CLEAR * self.largest_return:
            return "unknown"
        ladder = self._ladder(truth)
        # Where gradients have one direction only, the opposite one says nothing: they may turn at once.
        if len(ladder) > 1 and LEAST_ERROR < min(ladder) < 2 - LEAST_ERROR and max(ladder) - min(ladder) < 1e-9:
            # One episode and two may be alike for reasons of their own: nothing to compare with, no gradient.
            of_their_own = len(ladder) == 2 and (self.case.loss.jumps or ladder[0] == 1)
            return "unknown" if of_their_own else "wrong"
        errors = [] if self.case.loss.jumps or self.case.loss.ordered else self._populations(truth)
        if not errors:
            return "unknown"
        first, second, third = errors
        if third < 1e-9 or (second < 0.75 * first and third < 0.75 * second):
            return "right" if not ladder or ladder[-1] < max(0.99 * max(ladder), LEAST_ERROR) else "unknown"
        if third > LEAST_ERROR and third > 0.96 * second and second > 0.96 * first:
            return "wrong" if not ladder or ladder[-1] > 0.3 * third else "unknown"
        return "unknown"

    @cached_property
    def units(self) -> list[tuple[float, tuple[Played, ...]]]:
        """What a batch has more of when it grows: episodes, or groups, each with its probability."""
        sampler, every = self.setting.behaviour, brute_force.every_episode(self.game)
        episodes = [(float(brute_force.probability(sampler, one).detach()), one) for one in every]
        if self.case.collection != "groups":
            return [(p, (episode,)) for p, episode in episodes]
        found: list[tuple[float, tuple[Played, ...]]] = []
        for start in sorted({episode.start for _, episode in episodes}):
            members = [(p, episode) for p, episode in episodes if episode.start == start]
            of_start = sum(p for p, _ in members)
            for chosen in itertools.product(members, repeat=self.case.batch[1]):
                p = of_start * math.prod(p / of_start for p, _ in chosen)
                found.append((p, tuple(episode for _, episode in chosen)))
        return found

    def _batch(self, units: Sequence[tuple[Played, ...]]) -> Any:
        played = [episode for unit in units for episode in unit]
        groups = [number for number, unit in enumerate(units) for _ in unit]
        return brute_force.episodes_of(played, self.setting, groups if self.case.collection == "groups" else None)

    def _ladder(self, truth: Tensor) -> list[float]:
        """The error of the direction at sizes 1, 2, 3, 4, 8, …, as far as there are few batches."""
        errors: list[float] = []
        for number in (1, 2, 3, 4, 8, 16, 32):
            if self.case.loss.ordered:
                count = len(self.units) ** number
            else:
                count = math.comb(number + len(self.units) - 1, number)
            alike = len(errors) > 2 and abs(errors[-1] - errors[-2]) < 1e-9
            if count > _LADDER or alike:
                break
            total = torch.zeros_like(truth)
            for weight, chosen in self._draws(number):
                gradient = self.gradient(self.loss, self._batch([self.units[i][1] for i in chosen]))
                if gradient is not None:
                    total += weight * gradient
            errors.append(_error(total, truth))
        return errors

    def _draws(self, number: int) -> Iterator[tuple[float, tuple[int, ...]]]:
        """So many units, with their probability: every sequence if order matters, else every multiset."""
        every = range(len(self.units))
        if self.case.loss.ordered:
            for chosen in itertools.product(every, repeat=number):
                yield math.prod(self.units[i][0] for i in chosen), chosen
            return
        for chosen in itertools.combinations_with_replacement(every, number):
            counts = Counter(chosen)
            orders = math.factorial(number) // math.prod(math.factorial(n) for n in counts.values())
            yield orders * math.prod(self.units[i][0] ** n for i, n in counts.items()), chosen

    def _populations(self, truth: Tensor) -> list[float]:
        """The same on batches in which each unit is as frequent as it is probable, ever larger ones."""
        shares = [Fraction(p).limit_denominator(10_000) for p, _ in self.units]
        if any(abs(float(share) - p) > 1e-14 for share, (p, _) in zip(shares, self.units, strict=True)):
            return []
        multiple = math.lcm(*(share.denominator for share in shares))
        if sum(shares) != 1 or multiple * len(self.units[0][1]) * _GROWTH[-1] > _STEPS_OF_A_POPULATION:
            return []
        errors = []
        for growth in _GROWTH:
            repeated = [
                unit
                for share, (_, unit) in zip(shares, self.units, strict=True)
                for _ in range(int(share * multiple * growth))
            ]
            if sum(len(e.steps) for unit in repeated for e in unit) > _STEPS_OF_A_POPULATION:
                return []
            gradient = self.gradient(self.loss, self._batch(repeated))
            if gradient is None or not gradient.isfinite().all():
                return []
            errors.append(_error(gradient, truth))
        return errors


def forget() -> None:
    """What brute force has remembered of a case is of no use for the next."""
    for module in (batches, gradients, play):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _clear(value: float, low: float, high: float, small: str, large: str) -> str:
    return small if value <= low else large if value >= high else "too close"


def _error(g: Tensor, t: Tensor) -> float:
    """Of the direction: the sine of the angle between g and t, what is missing from it to 2 beyond a right angle."""
    along = float(g @ t) / float(t @ t)
    length = float(g.norm())
    if length == 0:
        return 1.0
    sine = float((g - along * t).norm()) / length
    return sine if along > 0 else 2 - sine
