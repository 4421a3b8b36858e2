"""The games of the battery that have what tidy games lack, much of it at once, in few episodes.

Observations come again, and are negative, fractional and larger than 1. Rewards are zero, tied, fractional, and lie
beyond any clip. Episodes are long. Starts have unequal probabilities, and some actions small ones.

The probabilities of all episodes of a game have a common denominator of at most 200, but for one game, so that a batch
of so many can hold each episode exactly as often as it is probable.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import TypeAlias

from gradcheck.tree.game import TabularGame
from gradcheck.tree.types import NumberLike

_END = "end"
_Observation: TypeAlias = tuple[float, ...]


def _chain(
    name: str, seen: Sequence[_Observation], rewards: Sequence[NumberLike]
) -> tuple[dict[str, dict[int, list[tuple[NumberLike, str, NumberLike, bool]]]], dict[str, _Observation]]:
    """States of which one action ends the episode and the other goes on; after the last state nothing does.

    Args:
        name: of the chain, the beginning of the names of its states.
        seen: the observation in each state. Where it comes again, the same action ends the episode.
        rewards: of ending and of going on, state by state.
    """
    numbers = {one: number for number, one in enumerate(dict.fromkeys(seen))}
    table = {}
    for t, observation in enumerate(seen):
        ending = numbers[observation] % 2
        following = f"{name} {t + 1}" if t + 1 < len(seen) else _END
        table[f"{name} {t}"] = {
            ending: [(1, _END, rewards[2 * t], True)],
            1 - ending: [(1, following, rewards[2 * t + 1], following == _END)],
        }
    return table, {f"{name} {t}": observation for t, observation in enumerate(seen)}


def _shuffled(numbers: Random, values: Sequence[NumberLike]) -> list[NumberLike]:
    return numbers.sample(list(values), len(values))


_A, _B, _C, _D = (-1.5, 2.0, 0.0), (0.5, -3.0, 1.0), (2.5, 0.25, -1.0), (0.0, 0.75, 3.0)


def six_steps(numbers: Random, discount: Fraction) -> TabularGame:
    """Up to six steps, two observations twice, rewards from -60 to 30."""
    rewards = _shuffled(numbers, (0, 0, 0, "1/2", "1/4", 1, 1, 8, 30, "-5/2", -12, -60))
    table, observations = _chain("step", (_A, _B, _A, _C, _B, _D), rewards)
    return TabularGame(table, "step 0", 6, observations, discount)


def odds_of_six_steps(numbers: Random) -> dict[_Observation, list[int]]:
    """Thirds where an observation comes again, else halves: 144 in all."""
    return {_A: numbers.sample((1, 2), 2), _B: [1, 1], _C: [1, 1], _D: [1, 1]}


def steps(number: int, numbers: Random, discount: Fraction) -> TabularGame:
    """Up to so many steps, the observations of ``six_steps`` over and over."""
    rewards = [reward for _ in range(number) for reward in numbers.sample((0, 1, "1/2", 3, -2, -1, 5, -4), 2)]
    table, observations = _chain("step", [(_A, _B, _C, _D)[t % 4] for t in range(number)], rewards)
    return TabularGame(table, "step 0", number, observations, discount)


def odds_of_steps(number: int, numbers: Random) -> dict[_Observation, list[int]]:
    """Thirds."""
    return {seen: numbers.sample((1, 2), 2) for seen in (_A, _B, _C, _D)[:number]}


def short_and_long(numbers: Random, discount: Fraction) -> TabularGame:
    """From one start an episode has one step, from the other up to four."""
    rewards = _shuffled(numbers, (0, 0, "1/4", 1, 1, "11/2", 12, "-1/2", "-15/2", -20))
    table, observations = _chain("long", (_B, _C, _B, _A), rewards[2:])
    table["short"] = {0: [(1, _END, rewards[0], True)], 1: [(1, _END, rewards[1], True)]}
    return TabularGame(table, {"short": "1/3", "long 0": "2/3"}, 4, {"short": _D, **observations}, discount)


def odds_of_short_and_long(numbers: Random) -> dict[_Observation, list[int]]:
    """Thirds where an observation comes again, and quarters: 144 in all."""
    return {_A: [1, 1], _B: numbers.sample((1, 2), 2), _C: [1, 1], _D: numbers.sample((1, 2), 2)}


#: By how much updates have changed the probability of the less likely action, or of the first.
_RATIOS: dict[_Observation, float] = {_A: 0.9, _B: 1.6, _C: 1.1, _D: 0.95}


def odds_of_short_and_long_after_updates(numbers: Random) -> dict[_Observation, list[float]]:
    """Between the bounds of clips, and beyond."""
    moved: dict[_Observation, list[float]] = {}
    for seen, odds in odds_of_short_and_long(numbers).items():
        least = min(range(2), key=odds.__getitem__)
        p = _RATIOS[seen] * odds[least] / sum(odds)
        moved[seen] = [p, 1 - p] if least == 0 else [1 - p, p]
    return moved


_EASY, _HARD = (1.5, -2.0), (-0.25, 0.5)


def right_or_wrong(numbers: Random, discount: Fraction) -> TabularGame:
    """Four answers to one of two questions, of which one is asked more often; rewards are 0 and 1."""
    rewards = {_EASY: _shuffled(numbers, (1, 1, 0, 0)), _HARD: [0, 0, 0, 1]}
    table = {
        state: {action: [(1, _END, reward, True)] for action, reward in enumerate(rewards[state])} for state in rewards
    }
    return TabularGame(table, {_EASY: "1/4", _HARD: "3/4"}, 1, discount=discount)


def odds_of_right_or_wrong(numbers: Random) -> dict[_Observation, list[int]]:
    """From 1 to 12 in 25, and tenths: 200 in all."""
    return {_EASY: numbers.sample((1, 4, 8, 12), 4), _HARD: numbers.sample((1, 2, 3, 4), 4)}


_ONLY = (-0.5, 3.0)


def five_arms(numbers: Random, discount: Fraction) -> TabularGame:
    """One decision with five actions; after one of them chance decides."""
    # Of the last two, which a loss may not know of, no reward is 0: there it would hide what becomes of their scores.
    rewards = [*_shuffled(numbers, (0, 0, "1/2")), *_shuffled(numbers, (30, -60)), "-10/3"]
    outcomes: dict[int, list[tuple[NumberLike, str, NumberLike, bool]]] = {
        action: [(1, _END, reward, True)] for action, reward in enumerate(rewards[:5])
    }
    outcomes[2] = [("1/3", _END, rewards[2], True), ("2/3", _END, rewards[5], True)]
    return TabularGame({_ONLY: outcomes}, _ONLY, 1, discount=discount)


def odds_of_five_arms(numbers: Random) -> dict[_Observation, list[int]]:
    """From 1 to 300 in 600; that of the action whose reward is left to chance is divisible by three."""
    return {_ONLY: [*numbers.sample((29, 180), 2), 90, *numbers.sample((1, 300), 2)]}


def illegal_later(numbers: Random, discount: Fraction) -> TabularGame:
    """What the first action was decides which action is not legal in the second step."""
    rewards = _shuffled(numbers, (0, 0, "1/2", 3, -8, -1, 1))
    table = {
        _A: {0: [(1, _B, rewards[0], False)], 1: [(1, _C, rewards[1], False)], 2: [(1, _END, rewards[2], True)]},
        _B: {0: [(1, _END, rewards[3], True)], 2: [(1, _END, rewards[4], True)]},
        _C: {1: [(1, _END, rewards[5], True)], 2: [(1, _END, rewards[6], True)]},
    }
    return TabularGame(table, _A, 2, discount=discount)


def odds_of_illegal_later(numbers: Random) -> dict[_Observation, list[int]]:
    """Of all actions; those that are not legal have odds of which only a loss without the mask takes notice."""
    return {seen: numbers.sample((1, 2, 3), 3) for seen in (_A, _B, _C)}


def illegal_again(numbers: Random, discount: Fraction) -> TabularGame:
    """Four steps and four actions, of which two are legal in each; the second and the third step look alike."""
    rewards = _shuffled(numbers, (0, 0, 1, 1, "-3/2", 6, -12, 20))
    legal, observations = ((0, 1), (0, 2), (0, 2), (3, 1)), (_D, _A, _A, _B)
    table = {}
    for t, (goes_on, ends) in enumerate(legal):
        last = t + 1 == len(legal)
        table[f"step {t}"] = {
            goes_on: [(1, _END if last else f"step {t + 1}", rewards[2 * t], last)],
            ends: [(1, _END, rewards[2 * t + 1], True)],
        }
    seen = {f"step {t}": observation for t, observation in enumerate(observations)}
    return TabularGame(table, "step 0", len(legal), seen, discount)


def odds_of_illegal_again(numbers: Random) -> dict[_Observation, list[int]]:
    """As before."""
    return {seen: numbers.sample((1, 2, 3, 4), 4) for seen in (_A, _B, _D)}
