"""A bandit: one decision, and the episode is over."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.tree.game import TabularGame
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

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(bandit()).uniform_return
    Fraction(5, 3)
    """
    arms = numbers(rewards, "rewards")
    return TabularGame({_ARMS: {arm: [(1, "end", pays, True)] for arm, pays in enumerate(arms)}}, _ARMS, horizon=1)
