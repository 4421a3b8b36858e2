"""Games beyond the robot's: shared observations, several starts, discounts, illegal actions."""

from fractions import Fraction

import pytest

from gradcheck import TabularGame, games

DARK_CORRIDOR = TabularGame(
    {
        cell: {
            0: [(1, max(cell - 1, 0), -1, False)],
            1: [("2/3", cell + 1, 5, cell == 2), ("1/3", cell, -1, False)],
        }
        for cell in range(3)
    },
    {0: "1/4", 2: "3/4"},
    horizon=4,
    observations=dict.fromkeys(range(3), "dark"),
    discount="9/10",
)
ILLEGAL_ACTIONS = TabularGame(
    {
        "calm": {0: [("1/3", "storm", 1, False), ("2/3", "port", 2, True)], 2: [(1, "port", "1/7", True)]},
        "storm": {1: [("1/2", "port", 5, True), ("1/2", "storm", -1, False)]},
    },
    {"calm": "3/4", "storm": "1/4"},
    horizon=3,
    discount="1/2",
)
THIRDS = TabularGame(
    {
        "a": {0: [(1 / 3, "b", 1, False), (2 / 3, "b", 2.5, False)], 1: [(1, "b", 0, False)]},
        "b": {0: [(1 / 7, "out", 1, True), (2 / 7, "out", 2, True), (4 / 7, "out", 3, True)], 1: [(1, "out", 0, True)]},
    },
    {"a": 1 / 6, "b": 5 / 6},
    horizon=2,
)
RATIONAL = {
    "shared observations, two starts, discount": (DARK_CORRIDOR, {"dark": ("1/3", "2/3")}),
    "illegal actions, two starts, discount": (ILLEGAL_ACTIONS, {"calm": {0: "1/5", 2: "4/5"}, "storm": {1: 1}}),
}
ROBOTS = {
    "robot": (games.robot(), games.robot_policy()),
    "one step": (games.robot_one_step(), {(2, 1): ("7/10", "3/10")}),
}
FLOATS = {"floats that mean thirds and sevenths": (THIRDS, {"a": (1 / 3, 2 / 3), "b": (Fraction(1, 2), 0.5)})}


@pytest.fixture(params=[*RATIONAL, *FLOATS])
def other_game(request):
    """A game that is not the robot's, and a policy for it."""
    return (RATIONAL | FLOATS)[request.param]


@pytest.fixture(params=[*ROBOTS, *RATIONAL])
def rational_game(request):
    """A game whose numbers are all rational, and such a policy."""
    return (ROBOTS | RATIONAL)[request.param]
