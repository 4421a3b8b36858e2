"""The robot game: a hillside, a diamond, a flag and a fire pit.

Four positions: 0 fire pit, 1 hillside, 2 hilltop (start), 3 flag. The robot sees its position and whether the
diamond is still there, and moves left (0) or right (1) for at most three steps.
"""

from __future__ import annotations

from fractions import Fraction

from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike

LEFT, RIGHT = 0, 1

FIRE_PIT, FIRE_PIT_AFTER_DIAMOND = (0, 1), (0, 0)
HILLSIDE = (1, 0)
START, HILLTOP_AGAIN = (2, 1), (2, 0)
FLAG, FLAG_AFTER_DIAMOND = (3, 1), (3, 0)

#: Words for the states, (position, is the diamond there?).
PLACES = {
    FIRE_PIT: "fire pit",
    FIRE_PIT_AFTER_DIAMOND: "fire pit",
    HILLSIDE: "hillside",
    START: "hilltop",
    HILLTOP_AGAIN: "hilltop",
    FLAG: "flag",
    FLAG_AFTER_DIAMOND: "flag",
}


def robot(
    *,
    diamond: NumberLike = 3,
    flag: NumberLike = 10,
    fire_pit: NumberLike = -10,
    slipped: NumberLike = -10,
    back_up: NumberLike = 0,
    too_late: NumberLike = 0,
    flag_after_diamond: NumberLike = 10,
    slip: NumberLike = Fraction(1, 10),
) -> TabularGame:
    """The robot game; every reward and the chance to slip can be changed.

    Good for: seeing every number of the policy gradient theorem. It has a chance outcome, episodes of one, two
    and three steps, rewards of both signs, and a best strategy (worth 11) that passes through a bad-looking one.

    Args:
        diamond: for the first step left, from the hilltop to the hillside, which picks up the diamond.
        flag: for the first step right, to the flag.
        fire_pit: for walking left from the hillside into the fire pit.
        slipped: for slipping into the fire pit on the way up.
        back_up: for reaching the hilltop again.
        too_late: for walking left from there, which uses up the third step.
        flag_after_diamond: for reaching the flag in the third step.
        slip: the probability of slipping on the way up.
    """
    slips = number(slip, "slip")
    return TabularGame(
        {
            START: {
                LEFT: [(1, HILLSIDE, diamond, False)],
                RIGHT: [(1, FLAG, flag, True)],
            },
            HILLSIDE: {
                LEFT: [(1, FIRE_PIT_AFTER_DIAMOND, fire_pit, True)],
                RIGHT: [
                    (slips, FIRE_PIT_AFTER_DIAMOND, slipped, True),
                    (1 - slips, HILLTOP_AGAIN, back_up, False),
                ],
            },
            HILLTOP_AGAIN: {
                LEFT: [(1, HILLSIDE, too_late, False)],
                RIGHT: [(1, FLAG_AFTER_DIAMOND, flag_after_diamond, True)],
            },
        },
        START,
        horizon=3,
    )


def robot_one_step(*, diamond: NumberLike = 3, flag: NumberLike = 10) -> TabularGame:
    """The first decision of the robot game alone: left is worth 3, right 10, and the episode ends.

    Good for: the two rectangles whose area is the expected return, and the plane over the simplex.
    """
    return TabularGame(
        {START: {LEFT: [(1, HILLSIDE, diamond, True)], RIGHT: [(1, FLAG, flag, True)]}}, START, horizon=1
    )


def robot_policy() -> dict[tuple[int, int], tuple[Fraction, Fraction]]:
    """The policy the explanation begins with: six different probabilities, so that each can be recognised."""
    tenths = {START: (7, 3), HILLSIDE: (4, 6), HILLTOP_AGAIN: (8, 2)}
    return {seen: (Fraction(left, 10), Fraction(right, 10)) for seen, (left, right) in tenths.items()}
