"""Games between one whose episodes fill a page and one whose episodes fill a library."""

import pytest

from gradcheck import games


@pytest.fixture(scope="session")
def listed_game():
    """238 different episodes: they are listed, in tables that are cut."""
    return games.random_game(305, states=3, horizon=4, observations=2)


@pytest.fixture(scope="session")
def large_game():
    """214,035 different episodes; illegal actions, two starts, a discount, and every observation comes again."""
    return games.random_game(
        6, states=5, actions=3, observations=4, horizon=12, starts=2, illegal=True, discount="9/10"
    )
