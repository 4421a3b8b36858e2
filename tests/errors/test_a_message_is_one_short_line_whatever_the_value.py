"""No value breaks a message: long ones are cut, lines are joined, and what cannot be printed is said so."""

import numpy as np
import pytest

from gradcheck import InvalidArgument, TabularGame, expected_return, games
from gradcheck.tree.errors import invalid


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")

    def __hash__(self):
        raise RuntimeError("no")


VALUES = {
    "a long list": [0] * 100_000,
    "an array of many lines": np.arange(100).reshape(50, 2),
    "text of many lines": "first\nsecond\n" * 100,
    "an int of 5000 digits": 10**5000,
    "an object that cannot be printed": Unprintable(),
    "itself": (itself := []),
}
itself.append(itself)


def one_short_line(message):
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize("name", VALUES)
def test_any_value_can_be_shown(name):
    message = str(invalid("a number", "reward", VALUES[name], "Write one."))
    one_short_line(message)
    assert message.startswith("Expected a number but got reward=")
    assert message.endswith(f"(type={type(VALUES[name]).__name__}). Write one.")


@pytest.mark.parametrize("name", VALUES)
def test_any_value_can_be_refused_as_anything(name):
    value = VALUES[name]
    for call in (
        lambda: TabularGame(value, "s", 1),
        lambda: TabularGame({"s": {0: [(value, "end", 0, True)]}}, "s", 1),
        lambda: TabularGame({"s": {0: [(1, "end", value, True)]}}, "s", 1),
        lambda: TabularGame({"s": {0: [(1, value, 0, False)]}}, "s", 1),
        lambda: TabularGame({"s": {0: [(1, "end", 0, True)]}}, value, 1),
        lambda: expected_return(games.robot(), {(2, 1): value, (1, 0): (1, 0), (2, 0): (1, 0)}),
        lambda: expected_return(games.robot(), value),
        lambda: expected_return(value, games.robot_policy()),
    ):
        with pytest.raises(InvalidArgument) as caught:
            call()
        one_short_line(str(caught.value))


@pytest.mark.parametrize("state", [10**5000, "s" * 10_000, tuple(range(10_000))], ids=["int", "str", "tuple"])
def test_a_state_is_cut_in_the_name_of_an_argument_too(state):
    with pytest.raises(InvalidArgument, match=r"the reward in P\[.+\]\[0\]\[0\]=None") as caught:
        TabularGame({state: {0: [(1, "end", None, True)]}}, state, 1)
    one_short_line(str(caught.value))


@pytest.mark.parametrize("message", ["two\nlines", "long" * 100])
def test_control_a_bad_message_would_be_noticed(message):
    with pytest.raises(AssertionError):
        one_short_line(message)


def test_control_the_numbers_themselves_are_shown_where_they_are_short():
    assert "reward=[1, 2, 3]" in str(invalid("a number", "reward", [1, 2, 3]))
