"""Probes around the numbers in a loss's own code: rewards, ratios and lengths on both sides of each of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import partial
from random import Random

from gradcheck.checking.probes import ratios, rough_games, small_games
from gradcheck.checking.probes.probe import Probe
from gradcheck.tree.game import TabularGame

#: Numbers that every loss may hold: an axis, a half of a square, a sign.
_EVERYDAY = {-1.0, 0.0, 0.5, 1.0, 2.0}
#: Smaller ones keep a division from failing; larger ones stand for infinity.
_SMALLEST, _LARGEST = 5e-4, 1e4
_MOST_NUMBERS, _MOST_RATIOS = 6, 10
_LEAST_RATIO, _LARGEST_RATIO = 0.02, 50.0
#: Up to which length, and from which on, the battery has too few steps to lie on both sides.
_LENGTHS = range(6, 9)
#: Batch sizes that all other games of two steps have too many batches for.
_SIZES = range(9, 129)
_TO_EITHER_SIDE = 0.02  # of a ratio


_STOP_OR_GO = Probe(
    "stop_or_go",
    "a batch size that stands in the loss: three episodes, of one step and of two",
    small_games.stop_or_go,
    rough=True,
)


def suspicious(numbers: Iterable[float]) -> tuple[float, ...]:
    """The few at which a loss may begin to do something else, those that are not whole first.

    >>> suspicious((-5.0, 0.0, 1e-08, 0.2, 1.0, 32.0))
    (0.2, 5.0, 32.0)
    """
    sizes = {abs(number) for number in numbers} - _EVERYDAY
    few = [size for size in sorted(sizes) if _SMALLEST <= size <= _LARGEST]
    return tuple(sorted(few, key=float.is_integer)[:_MOST_NUMBERS])


def rewards_around(numbers: tuple[float, ...]) -> tuple[Probe, ...]:
    """A probe for each number, with rewards on both sides of it and of minus it, and at both."""
    return tuple(
        Probe(
            f"rewards_around_{_as_name(number)}",
            f"a threshold at {number:g}, which stands in the loss: rewards on both sides of it and of minus it",
            partial(_two_steps, Fraction(repr(number))),
            odds=_odds_of_two_steps,
            rough=True,
        )
        for number in numbers
    )


def lengths_around(numbers: tuple[float, ...]) -> tuple[Probe, ...]:
    """A probe for each small whole number that is as large as the longest episode of the battery, with longer ones."""
    return tuple(
        Probe(
            f"lengths_around_{number:g}",
            f"a length of {number:g}, which stands in the loss: episodes that are longer",
            partial(rough_games.steps, int(number) + 1),
            odds=partial(rough_games.odds_of_steps, int(number) + 1),
            rough=True,
        )
        for number in numbers
        if number in _LENGTHS
    )


def sizes_around(numbers: tuple[float, ...]) -> tuple[Probe, ...]:
    """A probe with as few episodes as two steps can have, so that batches on both sides of a size can be enumerated."""
    return (_STOP_OR_GO,) if any(number in _SIZES for number in numbers) else ()


def ratios_around(numbers: tuple[float, ...]) -> tuple[Probe, ...]:
    """Probes with ratios on both sides of each number, of its inverse, and of 1 plus and minus it."""
    bounds = {bound for x in numbers for bound in ((x, 1 - x, 1 + x) if x < 1 else (x, 1 / x))}
    sides = [bound * (1 + side) for bound in sorted(bounds) for side in (-_TO_EITHER_SIDE, _TO_EITHER_SIDE)]
    wanted = [ratio for ratio in sides if _LEAST_RATIO <= ratio <= _LARGEST_RATIO and ratio != 1]
    wanted = sorted(wanted, key=lambda ratio: abs(math.log(ratio)))[:_MOST_RATIOS]
    name = "ratios_around_" + "_and_".join(map(_as_name, numbers))
    made = []
    for first in range(0, len(wanted), ratios.STEPS):
        few = wanted[first : first + ratios.STEPS]
        both = tuple((ratios.beside(ratio), ratio) for ratio in few)
        made.append(
            Probe(
                f"{name}_too" if first else name,
                "a bound that stands in the loss: ratios on both sides of it",
                partial(ratios.few_steps, steps=len(few)),
                odds=ratios.before(both),
                moved=ratios.after(both),
                rough=True,
            )
        )
    return tuple(made)


def _as_name(number: float) -> str:
    return f"{number:.12g}".replace(".", "_").replace("-", "minus_").replace("+", "")


_FIRST, _LEFT, _RIGHT = (1.0, 0.0, -0.5), (0.0, 1.0, 1.5), (-2.0, 0.0, 1.0)


def _two_steps(number: Fraction, numbers: Random, discount: Fraction) -> TabularGame:
    """Two actions with rewards beyond the number and beyond minus it; then two with nearer ones, or the same."""
    aside = number / 8
    first = numbers.sample((number + aside, -number - aside), 2)
    then = numbers.sample((number - aside, aside - number, number, -number), 4)
    table = {
        _FIRST: {0: [(1, _LEFT, first[0], False)], 1: [(1, _RIGHT, first[1], False)]},
        _LEFT: {0: [(1, "end", then[0], True)], 1: [(1, "end", then[1], True)]},
        _RIGHT: {0: [(1, "end", then[2], True)], 1: [(1, "end", then[3], True)]},
    }
    return TabularGame(table, _FIRST, 2, discount=discount)


def _odds_of_two_steps(numbers: Random) -> dict[tuple[float, ...], list[int]]:
    return {seen: numbers.sample((1, 2, 3, 4), 2) for seen in (_FIRST, _LEFT, _RIGHT)}
