"""What every run does of a long list, and what only the exhaustive run does.

By default one of each kind is tested, and Hypothesis draws a fifth of its examples. The exhaustive run, whose command
is in the README, does the rest of the lists and draws all examples. The default covers every claim; the rest is more of
the same.
"""

import pytest
from hypothesis import settings

ALL_EXAMPLES = 500  # of a test that says nothing about them
FIFTH = 5

exhaustive = pytest.mark.exhaustive


def one_of_each(values, kind, *, slow=lambda value: False):
    """Parameters: the first value of each kind that is not slow for every run, the others for the exhaustive run."""
    known, parameters = set(), []
    for value in values:
        waits = slow(value) or kind(value) in known
        parameters.append(pytest.param(value, marks=exhaustive if waits else ()))
        if not waits:
            known.add(kind(value))
    return parameters


def the_first(most, values):
    """Parameters: the first values for every run, the others for the exhaustive run."""
    return [pytest.param(value, marks=exhaustive if place >= most else ()) for place, value in enumerate(values)]


def examples(number):
    """Settings: so many examples in the exhaustive run, a fifth of them in every other."""
    return settings(max_examples=max(1, number * settings.default.max_examples // ALL_EXAMPLES))
