"""Games whose policy has moved so far that its ratios lie on both sides of every usual clip.

In each of a few steps one action ends the episode and the other goes on. Endings pay and take in turns, so that the
actions that go on are met with advantages of both signs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random

from gradcheck.tree.game import TabularGame

#: What is seen in each step.
_SEEN = (
    (0.5, -2.0, 0.0, 1.0),
    (0.0, 1.5, -1.0, 0.0),
    (1.0, 0.0, 2.0, -0.5),
    (-1.0, 0.5, 0.0, 2.0),
    (0.0, 0.0, 0.5, 0.5),
)
_ENDS, _GOES_ON = 0, 1

#: The most steps of these games.
STEPS = len(_SEEN)

#: Above, an action that was taken half of the time would nearly always be taken.
_MOST_OF_A_HALF = 1.9

#: Step by step, the ratios of the action that ends the episode and of the one that goes on; one of them is below 1.
NEAR = ((1.29, 0.71), (1.24, 0.76), (1.185, 0.815), (0.76, 1.24), (0.71, 1.29))
FAR = ((1 / 15, 15.0), (1 / 5, 5.0), (1 / 4, 2.5))


def few_steps(numbers: Random, discount: Fraction, *, steps: int = STEPS) -> TabularGame:
    """Up to so many steps; going on in the last pays or takes."""
    amounts = numbers.sample((2, 3, 4, 5, 7, 9, 11, 16, 25), steps + 2)
    signs = [1, -1] if numbers.random() < 1 / 2 else [-1, 1]
    table = {}
    for t, seen in enumerate(_SEEN[:steps]):
        following = [(1, _SEEN[t + 1], "1/2" if t % 2 else 0, False)] if t + 1 < steps else []
        table[seen] = {
            _ENDS: [(1, "end", signs[t % 2] * amounts[t], True)],
            _GOES_ON: following or [("1/2", "end", amounts[-1], True), ("1/2", "end", -amounts[-2], True)],
        }
    return TabularGame(table, _SEEN[0], steps, discount=discount)


def beside(ratio: float) -> float:
    """The ratio of the other action, where this one was sampled with a half, or with a rare one's simple fraction."""
    p = 1 / 2 if ratio < _MOST_OF_A_HALF else 1 / math.ceil(2 * ratio)
    return (1 - p * ratio) / (1 - p)


def before(ratios: Sequence[tuple[float, float]]) -> Callable[[Random], dict[tuple[float, ...], list[float]]]:
    """The probabilities with which actions are sampled: those to which the ratios lead from probabilities of sum 1."""

    def odds(numbers: Random) -> dict[tuple[float, ...], list[float]]:
        del numbers  # ratios that one seed has and another lacks would be of no use
        going_on = [(1 - ending) / (other - ending) for ending, other in ratios]
        return {seen: [1 - p, p] for seen, p in zip(_SEEN, going_on, strict=False)}

    return odds


def after(ratios: Sequence[tuple[float, float]]) -> Callable[[Random], dict[tuple[float, ...], list[float]]]:
    """Those after the updates."""

    def odds(numbers: Random) -> dict[tuple[float, ...], list[float]]:
        sampled = before(ratios)(numbers)
        pairs = zip(ratios, sampled.items(), strict=True)
        return {seen: [ratio * p for ratio, p in zip(both, probs, strict=True)] for both, (seen, probs) in pairs}

    return odds
