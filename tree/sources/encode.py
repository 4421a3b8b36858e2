"""Game → plain data, as a game file holds it, and as short as it can be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import count
from numbers import Real
from typing import Any

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.sources.decode import DEEPEST, FORMAT
from gradcheck.tree.types import Number

_ONE, _ZERO = Fraction(1), Fraction(0)
_MOST_DIGITS = 400  # as many as text such as "1/10" may have


def data_of(game: TabularGame) -> dict[str, Any]:
    """Write a game as plain data.

    Numbers stay what they are: a whole Fraction becomes an int, any other text such as "1/10", a float stays a float.
    States and observations are written as text, finite numbers, true, false, or lists of such for tuples. Others get
    new names, "state 1" and so on. That changes nothing: nobody sees a state, and an observation that is no tuple of
    numbers is only told apart from others.

    Raises:
        InvalidArgument: if a fraction has more than 400 digits, or the player sees a number that is neither whole nor a
            finite float, such as 1/3: networks read the numbers of an observation, so it cannot get a new name.
    """
    ends = (outcome[1] for row in game.P.values() for outcomes in row.values() for outcome in outcomes)
    states = _labels([*game.P, *ends], "state")
    seen = list(game.observations.values())
    observations = _labels(seen, "observation", check=_refuse_numbers if all(map(_is_numeric, seen)) else None)

    data: dict[str, Any] = {"format": FORMAT}
    if game.horizon is not None:
        data["horizon"] = game.horizon
    data |= _unless("discount", game.discount, _ONE)
    data["start"] = _start(game.start, states)
    data["transitions"] = [
        {"state": states[state], "action": action}
        | _unless("probability", probability, _ONE)
        | {"next_state": states[next_state]}
        | _unless("reward", reward, _ZERO)
        | ({"terminated": True} if terminated else {})
        for state, row in game.P.items()
        for action, outcomes in row.items()
        for probability, next_state, reward, terminated in outcomes
    ]
    if any(observations[seen] != states[state] for state, seen in game.observations.items()):
        data["observations"] = [
            {"state": states[state], "observation": observations[seen]} for state, seen in game.observations.items()
        ]
    return data


def _start(start: Mapping[Hashable, Number], states: Mapping[Hashable, object]) -> object:
    (first, chance), *others = start.items()
    if not others and not isinstance(chance, float):
        return states[first]
    return [{"state": states[state], "probability": _number(chance, "start")} for state, chance in start.items()]


def _unless(key: str, value: Number, default: Fraction) -> dict[str, object]:
    """The key with its value, left out where that is the default. A float is kept: it would come back as a rational."""
    return {key: _number(value, key)} if isinstance(value, float) or value != default else {}


def _number(value: Number, key: str) -> object:
    if isinstance(value, float):
        return value
    if max(abs(value.numerator), value.denominator) >= 10**_MOST_DIGITS:
        raise invalid(f"a fraction of at most {_MOST_DIGITS} digits, to be written to a file", key, value)
    return value.numerator if value.denominator == 1 else str(value)


def _labels(
    values: Iterable[Hashable], word: str, check: Callable[[Hashable], None] | None = None
) -> dict[Hashable, object]:
    """How each of the values is written: as it is where a file can hold it, else under a new name."""
    labels: dict[Hashable, object] = {}
    unnamed: list[Hashable] = []
    for value in dict.fromkeys(values):
        try:
            labels[value] = _plain(value)
        except _NotPlain:
            if check is not None:
                check(value)
            unnamed.append(value)
    names = (name for i in count(1) if (name := f"{word} {i}") not in labels)
    return labels | dict(zip(unnamed, names, strict=False))


class _NotPlain(Exception):
    """A value that a file cannot hold."""


def _plain(value: Hashable, depth: int = 0) -> object:
    if isinstance(value, tuple) and depth < DEEPEST:
        return [_plain(part, depth + 1) for part in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = str.__str__(value)  # an enumeration's own text may be another
        if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
            return text
    elif isinstance(value, Real | Decimal):
        for kind in (float, int) if isinstance(value, float) else (int, float):
            try:
                read = kind(value)
            except (OverflowError, ValueError):  # of infinity and NaN, or too large
                continue
            if read == value and abs(read) <= sys.float_info.max:
                return read
    raise _NotPlain


def _is_numeric(seen: Hashable) -> bool:
    parts = seen if isinstance(seen, tuple) else (seen,)
    return all(isinstance(part, Real) for part in parts)


def _refuse_numbers(seen: Hashable) -> None:
    hint = "Give the player floats, or a name for what it sees."
    raise invalid("observations of whole numbers and floats, to be written to a file", "an observation", seen, hint)
