"""A few random losses on random games: verdicts, numbers, limits and causes are those of brute force.

CONTRIBUTING.md says how to run thousands of them.
"""

import pytest

from tests.fuzz.__main__ import drawn
from tests.fuzz.comparison import run


@pytest.mark.parametrize("number", range(4, 12))
def test_a_random_loss(number):
    outcome = run(drawn(0, number))
    assert not outcome.differences
    assert outcome.compared
