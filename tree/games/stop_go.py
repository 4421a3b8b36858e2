"""STOP or GO: two decisions with parameters of their own, and episodes of one step or two."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import numbers

STOP, GO = 0, 1


def stop_go(
    *, stop: NumberLike = 1, go: NumberLike = -1, then: Sequence[NumberLike] = (0, 4), discount: NumberLike = 1
) -> TabularGame:
    """Take a small reward and stop, or pay and go on to a second decision.

    Good for: everything that mistakes one step for another, in the smallest game that can show it. Rewards credited a
    step late, the reward in place of the return, a lost γ^t, averages over steps or over the length of each episode,
    masked long episodes, and bootstraps at a cut: each has its own pattern over the two decisions. What is paid in the
    first step is negative, so a sign lost on the way shows, too.

    Args:
        stop: for action 0 in the first decision, which ends the episode.
        go: for action 1, which leads to the second.
        then: one for each action of the second decision; both end the episode.
        discount: between 0 and 1.

    Raises:
        InvalidArgument: if a reward is not a finite number, or the discount is not between 0 and 1.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(stop_go()).uniform_return, count_histories(stop_go(discount="1/2")).uniform_return
    (Fraction(1, 1), Fraction(1, 2))
    """
    last = numbers(then, "then")
    return TabularGame(
        {
            "first": {
                STOP: [(1, "end", number(stop, "stop"), True)],
                GO: [(1, "second", number(go, "go"), False)],
            },
            "second": {action: [(1, "end", reward, True)] for action, reward in enumerate(last)},
        },
        "first",
        horizon=2,
        discount=discount,
    )
