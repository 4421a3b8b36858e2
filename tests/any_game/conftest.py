"""A game whose histories could never be written down."""

from fractions import Fraction

import pytest

from gradcheck import TabularGame


@pytest.fixture(scope="session")
def chain():
    """200 steps in which only the time changes: 200 nodes as a graph, and a tree of a number of 96 digits."""
    actions = {0: [(1, "here", Fraction(1, 3), False)], 1: [("1/2", "here", -1, False), ("1/2", "here", 2, False)]}
    return TabularGame({"here": actions}, "here", horizon=200, discount="9/10")
