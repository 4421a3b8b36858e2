"""A bandit with chance: a rare prize, or a small sure reward."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike

_ARMS = "arms"


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

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(chance_bandit()).uniform_return
    Fraction(3, 4)
    """
    wins = number(chance, "chance")
    if not 0 <= wins <= 1:
        raise invalid("a probability between 0 and 1", "chance", chance)
    risky = [(wins, "end", number(prize, "prize"), True), (1 - wins, "end", 0, True)]
    return TabularGame({_ARMS: {0: risky, 1: [(1, "end", number(safe, "safe"), True)]}}, _ARMS, horizon=1)
