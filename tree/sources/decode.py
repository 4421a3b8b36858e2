"""Plain data → game: what the keys of a game file mean. ``game.schema.json`` says the same to other programs.

A game file is a table with the keys ``format`` (it is 1), ``start`` and ``transitions``, and, where they are needed,
``horizon``, ``discount``, ``observations``, ``name`` and ``description``. A transition is one outcome of an action:
``state``, ``action`` and ``next_state``, with ``probability``, ``reward`` and ``terminated`` where these are not 1, 0
and false.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game import TabularGame
from gradcheck.tree.progress import progress
from gradcheck.tree.rationals import number, probabilities
from gradcheck.tree.sources.toml_json import RepeatedKey
from gradcheck.tree.types import Number, Outcome, State
from gradcheck.tree.validation.arguments import close_names, did_you_mean, discount_of
from gradcheck.tree.validation.outcomes import action_number, first_few

FORMAT = 1
DEEPEST = 16  # lists inside each other in a state or an observation
_REQUIRED = ("format", "start", "transitions")
_OPTIONAL = ("name", "description", "horizon", "discount", "observations")
# Probabilities are added exactly, and denominators without a common factor multiply. A limit on the length of each is
# too little: adding those of a file of 16 MiB could take hours.
_LARGEST_COMMON_DENOMINATOR = 10**400


def game_of(data: object) -> TabularGame:
    """Read a game.

    Args:
        data: as TOML and JSON are read: tables with text as keys, lists, text, numbers, True and False.

    Raises:
        InvalidArgument: if it is no game, naming the place, such as ``transitions[3].reward``.
    """
    if isinstance(data, dict) and "format" in data:  # checked first: another format may have other keys
        version = data["format"]
        if isinstance(version, bool) or version != FORMAT:
            raise invalid(f"format {FORMAT}", "format", version, "It says how the file is to be read.")
    top = _table(data, "the file", _REQUIRED, _OPTIONAL)
    for key in ("name", "description"):
        if not isinstance(top.get(key, ""), str):
            raise invalid("text", key, top[key])
    P = _transitions(top["transitions"])
    start = _start(top["start"], P)
    observations = _observations(top["observations"], P) if "observations" in top else None
    horizon = _horizon(top["horizon"]) if "horizon" in top else None
    return TabularGame(P, start, horizon, observations, discount_of(top.get("discount", 1)))


def _horizon(given: object) -> int:
    horizon = _whole(given)
    if isinstance(horizon, bool) or not isinstance(horizon, int) or not 1 <= horizon <= sys.float_info.max:
        hint = "Leave it out where every episode ends by itself."
        raise invalid("a whole number of steps, 1 or more", "horizon", given, hint)
    return horizon


def _transitions(given: object) -> dict[State, dict[int, list[Outcome]]]:
    listed: dict[State, dict[int, list[tuple[str, dict[str, Any]]]]] = {}
    keys = ("state", "action", "next_state"), ("probability", "reward", "terminated")
    for place, row in _rows(given, "transitions", *keys):
        state = _value(row["state"], f"{place}.state")
        action = action_number(_whole(row["action"]), f"{place}.action")
        listed.setdefault(state, {}).setdefault(action, []).append((place, row))
    return {
        state: {
            action: _outcomes(rows, f"the probabilities of action {action} in state {shown(state)}", listed)
            for action, rows in actions.items()
        }
        for state, actions in progress(listed.items(), len(listed), "states read")
    }


def _outcomes(rows: list[tuple[str, dict[str, Any]]], name: str, known: Mapping[State, object]) -> list[Outcome]:
    chances = _chances([row.get("probability", 1) for _, row in rows], name, [place for place, _ in rows])
    outcomes: list[Outcome] = []
    for chance, (place, row) in zip(chances, rows, strict=True):
        next_state = _value(row["next_state"], f"{place}.next_state")
        terminated = row.get("terminated", False)
        if not isinstance(terminated, bool):
            raise invalid("true or false", f"{place}.terminated", terminated)
        if not terminated and next_state not in known:
            hint = "No transition has it as its state: add one, or let terminated be true here."
            raise invalid("a known state", f"{place}.next_state", next_state, hint)
        outcomes.append((chance, next_state, number(row.get("reward", 0), f"{place}.reward"), terminated))
    return outcomes


def _start(given: object, P: Mapping[State, object]) -> dict[State, Number]:
    if not isinstance(given, list) or not any(isinstance(row, dict | RepeatedKey) for row in given):
        return {_known_state(given, "start", P): Fraction(1)}
    states: dict[State, str] = {}
    chances: list[object] = []
    for place, row in _rows(given, "start", ("state", "probability"), ()):
        _add_once(states, _known_state(row["state"], f"{place}.state", P), place)
        chances.append(row["probability"])
    return dict(zip(states, _chances(chances, "the probabilities of start", list(states.values())), strict=True))


def _observations(given: object, P: Mapping[State, object]) -> dict[State, Hashable]:
    seen: dict[State, Hashable] = {}
    for place, row in _rows(given, "observations", ("state", "observation"), ()):
        observation = _value(row["observation"], f"{place}.observation")
        _add_once(seen, _known_state(row["state"], f"{place}.state", P), observation, f"{place}.state")
    for state in P:
        if state not in seen:
            raise invalid("an observation for every state", "observations", given, f"{shown(state)} is missing.")
    return seen


def _add_once(table: dict[State, Any], state: State, value: object, name: str = "") -> None:
    if state in table:
        raise invalid("every state once", name or f"{value}.state", state)
    table[state] = value


def _known_state(given: object, name: str, P: Mapping[State, object]) -> State:
    state = _value(given, name)
    if state not in P:
        raise invalid("a state with transitions", name, state, f"They are {first_few(P)}.")
    return state


def _chances(given: list[object], name: str, places: Sequence[str]) -> tuple[Number, ...]:
    each = [f"{place}.probability" for place in places]
    common = 1
    for value, its_name in zip(given, each, strict=True) if len(given) > 1 else ():
        read = number(value, its_name)
        common = math.lcm(common, read.denominator if isinstance(read, Fraction) else 1)
        if common > _LARGEST_COMMON_DENOMINATOR:
            raise invalid("probabilities whose common denominator has at most 400 digits", its_name, value)
    return probabilities(given, name, each=each)


def _value(given: object, place: str, depth: int = 0) -> Hashable:
    """A state or an observation."""
    if isinstance(given, list):
        if depth == DEEPEST:
            raise invalid(f"at most {DEEPEST} lists inside each other", place, given)
        return tuple(_value(part, f"{place}[{i}]", depth + 1) for i, part in enumerate(given))
    if isinstance(given, str):
        if not given.isascii() and any("\ud800" <= letter <= "\udfff" for letter in given):
            raise invalid("text in Unicode", place, given, "It has half of a surrogate pair.")
        return given
    if isinstance(given, int | float) and abs(given) <= sys.float_info.max:  # so neither infinite nor NaN
        return given
    raise invalid("text, a finite number, true, false or a list of such", place, given)


def _whole(given: object) -> object:
    """Read 3.0 as 3: JSON does not tell them apart."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


def _rows(
    given: object, name: str, required: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(given, list) or not given:
        raise invalid("a list of tables, one at least", name, given)
    for i, row in enumerate(given):
        place = f"{name}[{i}]"
        yield place, _table(row, place, required, optional)


def _table(given: object, name: str, required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    known = (*required, *optional)
    if isinstance(given, RepeatedKey):
        raise invalid("every key once", f"a key of {name}", given.key)
    if not isinstance(given, dict):
        raise invalid(f"a table with the keys {', '.join(known)}", name, given)
    for key in given:
        if key not in known:
            hint = did_you_mean(map(repr, close_names(key, known, most=1, cutoff=0.4)))
            raise invalid(f"one of the keys {', '.join(known)}", f"a key of {name}", key, hint)
    for key in required:
        if key not in given:
            raise invalid(f"a table with the keys {', '.join(required)}", name, given, f"{key!r} is missing.")
    return given
