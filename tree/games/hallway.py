"""The hallway: a player who cannot tell where it stands, and meets the same dark again and again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import numbers, whole_number

WEST, EAST = 0, 1
DARK, LIT = (0,), (1,)


def hallway(
    *, west: NumberLike = Fraction(4, 5), rewards: Sequence[NumberLike] = (-1, 3), steps: int = 4
) -> TabularGame:
    """A hallway of three places, of which only the one in the middle is lit.

    The player begins in the dark at the west end with probability ``west``, else at the east end, and sees no
    difference. A step outwards runs into the wall and leads nowhere; a step inwards leads to the lit room, where one
    more step, west or east, ends the episode with a reward.

    With p the probability of going east in the dark, and v the average reward in the lit room, the expected return is
    v (west (1 - (1 - p)^(steps - 1)) + (1 - west) (1 - p^(steps - 1))). So with the defaults p = 2/3 is best, and worth
    41/15, where the best deterministic strategy, always east, is worth 12/5: a player without a memory has to gamble.
    (Singh, Jaakkola and Jordan 1994, "Learning without state-estimation in partially observable Markovian decision
    processes".)

    Good for: observations that come again. Code that credits the first visit only, that looks decisions up by what was
    seen, or that takes values of observations for values of states, weighs the dark against the lit room wrongly; R is
    no longer linear in each probability, so the best strategy is not among the deterministic ones.

    Args:
        west: the probability of beginning at the west end.
        rewards: in the lit room, for going west and for going east.
        steps: the horizon.

    Raises:
        InvalidArgument: if ``west`` is not between 0 and 1, the rewards are not two finite numbers, or ``steps`` is
            below 2.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(hallway()).uniform_return
    Fraction(7, 8)
    """
    begins_west = number(west, "west")
    if not 0 <= begins_west <= 1:
        raise invalid("a probability between 0 and 1", "west", west)
    found = numbers(rewards, "rewards", 2)
    return TabularGame(
        {
            "west": {WEST: [(1, "west", 0, False)], EAST: [(1, "middle", 0, False)]},
            "east": {WEST: [(1, "middle", 0, False)], EAST: [(1, "east", 0, False)]},
            "middle": {action: [(1, "end", reward, True)] for action, reward in enumerate(found)},
        },
        {"west": begins_west, "east": 1 - begins_west},
        horizon=whole_number(steps, "steps", least=2),
        observations={"west": DARK, "east": DARK, "middle": LIT},
    )
