"""Bandits: one decision, and the episode is over."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import numbers

_ARMS = "arms"


def bandit(rewards: Sequence[NumberLike] = (0, 1, 4)) -> TabularGame:
    """A bandit whose arms pay sure rewards, by default three different ones.

    Good for: baselines and normalisers. With three levels of reward, a baseline that depends on the action, a division
    by the batch's standard deviation and a truncated importance weight each turn the gradient, where with two arms
    they could only stretch or reverse it. A batch mean that includes the sample itself scales it by (N - 1)/N.

    Args:
        rewards: one for each arm.

    Raises:
        InvalidArgument: if there is none, or one is not a finite number.

    >>> from gradcheck.tree.games.game_size import survey
    >>> survey(bandit()).uniform_return
    Fraction(5, 3)
    """
    arms = numbers(rewards, "rewards")
    return TabularGame({_ARMS: {arm: [(1, "end", pays, True)] for arm, pays in enumerate(arms)}}, _ARMS, horizon=1)


def chance_bandit(
    *, prize: NumberLike = 10, chance: NumberLike = Fraction(1, 10), safe: NumberLike = Fraction(1, 2)
) -> TabularGame:
    """Two arms: the first pays a prize by chance and else nothing, the second a smaller sure reward.

    Good for: division by a group's standard deviation. The prize is worth more on average, but its rare groups have the
    large deviations, so that the expected gradient of the normalised loss points the other way: with equal
    probabilities and groups of two it is -8/5 of the true one.

    Args:
        prize: what the first arm may pay.
        chance: the probability that it does.
        safe: what the second arm pays.

    Raises:
        InvalidArgument: if a reward is not a finite number, or the chance is not between 0 and 1.

    >>> from gradcheck.tree.games.game_size import survey
    >>> survey(chance_bandit()).uniform_return
    Fraction(3, 4)
    """
    wins = number(chance, "chance")
    if not 0 <= wins <= 1:
        raise invalid("a probability between 0 and 1", "chance", chance)
    risky = [(wins, "end", number(prize, "prize"), True), (1 - wins, "end", 0, True)]
    return TabularGame({_ARMS: {0: risky, 1: [(1, "end", number(safe, "safe"), True)]}}, _ARMS, horizon=1)
