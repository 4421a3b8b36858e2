"""Several conditions at once, each of which decides another aspect of how a loss is examined."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import final

from gradcheck.checking.case import Aspect, Case, Condition, Expectation
from gradcheck.checking.estimate import GradientEstimate, TrueGradient
from gradcheck.checking.names import COLLECTING, joined
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes.probe import Probe
from gradcheck.checking.probes.subjects import Play
from gradcheck.estimators.collectors.base import AbstractCollector
from gradcheck.tree.game_tree import GameTree

#: Aspects that need games of a kind: theirs are the probes.
_NEEDING_GAMES = (Aspect.ILLEGAL_ACTIONS, Aspect.COLLECTING)


@final
class CompositeCondition(Condition):
    """All of its parts at once.

    Args:
        name: of the parts, joined.
        parts: of different aspects; the first collects the batches.
    """

    def __init__(self, name: str, parts: tuple[Condition, ...]) -> None:
        self.name, self.parts = name, parts
        self.summary = " ".join(part.summary for part in parts)
        self._collecting = parts[0]
        self._comparing = next((part for part in parts if part.aspect is Aspect.COMPARISON), self._collecting)
        self.aspect = self._collecting.aspect
        self.probes = self._chosen_probes()
        self.has_limit = all(part.has_limit for part in parts)
        self.has_other_sizes = all(part.has_other_sizes for part in parts)
        self.cuts_episodes = any(part.cuts_episodes for part in parts)
        self.truth_depends_on_size = any(part.truth_depends_on_size for part in parts)
        self.compares_with_itself = any(part.compares_with_itself for part in parts)
        self.moves_parameters = any(part.moves_parameters for part in parts)
        self.is_discounted = any(part.is_discounted for part in parts)
        self.can_be_sampled = all(part.can_be_sampled for part in parts)
        # Of what needs the largest batches: groups, then parts of a batch.
        self.counterexample_sizes = max(
            (part.counterexample_sizes for part in parts), key=lambda sizes: min(sizes, default=float("inf"))
        )

    def _chosen_probes(self) -> tuple[Probe, ...]:
        """Those of the part that needs games of a kind; where any game will do, those of all that are named.

        Where parameters move, games that are made for certain moves are always among them.
        """
        made = (probe for part in self.parts if part.moves_parameters for probe in part.probes if probe.moved)
        for aspect in _NEEDING_GAMES:
            for part in self.parts:
                if part.aspect is aspect and not part.goes_without_saying:
                    return _once_each((*part.probes, *(() if aspect is Aspect.ILLEGAL_ACTIONS else made)))
        return _once_each(probe for part in self.parts if not part.goes_without_saying for probe in part.probes)

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Those of all parts."""
        return _once_each(probe for part in self.parts for probe in part.probes_around(numbers))

    @property
    def of_a_given_game(self) -> str:
        """That of the parts; how batches are collected stays, whatever another part would ask about alone."""
        first, *others = (part.of_a_given_game for part in self.parts)
        return joined([first, *(name for name in others if name not in COLLECTING)])

    def require(self, options: CheckOptions) -> None:
        """Refuse what any part refuses."""
        for part in self.parts:
            part.require(options)

    def require_of_game(self, tree: GameTree) -> None:
        """Refuse what any part refuses."""
        for part in self.parts:
            part.require_of_game(tree)

    def discount(self, options: CheckOptions) -> Fraction:
        """Of the part that has one."""
        return min(part.discount(options) for part in self.parts)

    def key(self, options: CheckOptions) -> tuple[Hashable, ...]:
        """That of every part."""
        return tuple(part.key(options) for part in self.parts)

    def placed(self, play: Play, options: CheckOptions) -> Play:
        """Where the part puts the parameters that moves them."""
        for part in self.parts:
            play = part.placed(play, options)
        return play

    def collector(self, play: Play, options: CheckOptions) -> AbstractCollector:
        """That of the part that collects."""
        return self._collecting.collector(play, options)

    def size(self, options: CheckOptions) -> int:
        """That of the part that collects."""
        return self._collecting.size(options)

    def batch_of_size(self, size: int) -> int | tuple[int, int]:
        """That of the part that collects."""
        return self._collecting.batch_of_size(size)

    def words_for_a_batch(self, size: int) -> str:
        """Those of the part that collects."""
        return self._collecting.words_for_a_batch(size)

    def small_size(self, size: int) -> int:
        """The largest that a part needs."""
        return max(part.small_size(size) for part in self.parts)

    def on_the_battery(self, case: Case) -> str:
        """That of the part that collects, with all the others."""
        return joined([self.name, self._collecting.on_the_battery(case)])

    def remark(self, options: CheckOptions) -> str:
        """That of the part that collects."""
        return self._collecting.remark(options)

    def estimate(self, case: Case, whole: Expectation, size: int) -> GradientEstimate:
        """That of the part that compares."""
        return self._comparing.estimate(case, whole, size)

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """Those of the part that compares; else of the one that collects, at the parameters of the case."""
        return self._comparing.true_gradients(case, size, whole)


def _once_each(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """Of those with one name the last: it is made for more."""
    return tuple({probe.name: probe for probe in probes}.values())
