"""What a game may answer: actions, outcomes, states and observations, as tables and games given as code give them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from itertools import islice
from numbers import Real

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.rationals import number, probabilities
from gradcheck.tree.types import Observation, Outcome, State
from gradcheck.tree.user_code import user_code
from gradcheck.tree.validation.arguments import whole_number

_OUTCOME = "(probability, next_state, reward, terminated)"
_HASHABLE = {bool, bytes, float, int, str, type(None)}
_FEW = 5  # values named in a hint
MAX_ACTIONS = 1_000_000  # tables have a column for every number up to the largest


class _NotHashable(Exception):
    """What a value raised instead of its hash."""


def action_number(value: object, name: str) -> int:
    """Read the number of an action.

    Raises:
        InvalidArgument: if it is not one of 0, 1, 2, …
    """
    hint = "Actions are numbers; give them names elsewhere."
    action = whole_number(value, name, least=0, expected="an action numbered 0, 1, 2, …", hint=hint)
    if action >= MAX_ACTIONS:
        hint = "Actions are columns of a table: number them without gaps."
        raise invalid(f"an action below {MAX_ACTIONS:,}", name, value, hint)
    return action


def read_outcomes(value: object, name: str, known: Container[object] | None = None) -> tuple[Outcome, ...]:
    """Read what can happen after an action.

    Args:
        value: a list of (probability, next_state, reward, terminated).
        name: of the list, for messages.
        known: the states with actions, in which an episode can go on; without them, any state will do.

    Raises:
        InvalidArgument: if it is no such list, or the probabilities are no distribution.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise invalid(f"a list of outcomes {_OUTCOME}", name, value)
    rows = list(value)
    if not rows:
        raise invalid(f"at least one outcome {_OUTCOME}", name, value, "Leave an action out where it is illegal.")
    for i, row in enumerate(rows):
        if not isinstance(row, tuple | list) or len(row) != 4:
            hint = "A single outcome needs a list around it, too." if len(rows) == 4 else ""
            raise invalid(f"an outcome {_OUTCOME}", f"{name}[{i}]", row, hint)
    names = [f"the probability in {name}[{i}]" for i in range(len(rows))]
    chances = probabilities([row[0] for row in rows], f"the probabilities in {name}", each=names)
    read: list[Outcome] = []
    for i, (chance, (_, next_state, reward, terminated)) in enumerate(zip(chances, rows, strict=True)):
        if getattr(terminated, "ndim", 0) or terminated not in (True, False):  # arrays cannot be compared
            raise invalid("True or False", f"terminated in {name}[{i}]", terminated)
        check_state(next_state, f"next_state in {name}[{i}]")
        if not (terminated or known is None or next_state in known):
            hint = "It is not in P; add it, or mark the outcome as terminated."
            raise invalid("a known state", f"next_state in {name}[{i}]", next_state, hint)
        read.append((chance, next_state, number(reward, f"the reward in {name}[{i}]"), bool(terminated)))
    return tuple(read)


def check_state(state: object, name: str) -> None:
    """Refuse what cannot be a state.

    Raises:
        InvalidArgument: if it is not hashable, or a tensor, whose hash is its identity.
    """
    if not is_hashable_value(state):
        raise invalid("a hashable state", name, state, "Use a tuple, of such values all through.")


def check_observation(seen: object, name: str) -> None:
    """Refuse what cannot be an observation.

    Raises:
        InvalidArgument: if it is not hashable, or does not equal itself.
    """
    if not is_hashable_value(seen):
        hint = "Use a tuple, of such values all through; .tolist() makes a list of an array or tensor."
        raise invalid("a hashable observation", name, seen, hint)
    if _has_nan(seen):
        hint = "NaN does not equal itself, so no policy could have a row for it."
        raise invalid("an observation without NaN", name, seen, hint)


def check_same_actions(
    seen: Observation, name: str, actions: tuple[int, ...], other: State, others: tuple[int, ...]
) -> None:
    """Refuse states that look the same to the player but allow different actions.

    Args:
        seen: the observation of both.
        name: of it, for messages.
        actions: legal here.
        other: the state that was seen before.
        others: the actions legal there.

    Raises:
        InvalidArgument: if the actions differ.
    """
    if actions != others:
        hint = (
            f"The state {shown(other)} looks the same to the player but allows {first_few(others)}, where this one "
            f"allows {first_few(actions)}. Give both the same actions, or observations that tell them apart."
        )
        raise invalid("equal legal actions where observations are equal", name, seen, hint)


def is_hashable_value(value: object) -> bool:
    """Whether a value can be a state or an observation: hashable by what it holds, not by what object it is."""
    if isinstance(value, tuple):
        return all(map(is_hashable_value, value))
    if type(value) in _HASHABLE:  # the usual types, in a tenth of the time
        return True
    try:
        with user_code(lambda _: _NotHashable()):
            hash(value)
    except _NotHashable:
        return False
    return not hasattr(value, "detach")  # a torch tensor is hashable, but by its identity


def _has_nan(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_nan, value))
    return isinstance(value, Real | Decimal) and value != value  # noqa: PLR0124 - so is NaN defined


def first_few(values: Iterable[object]) -> str:
    """Write the first few of many values, for a hint."""
    first = [shown(value) for value in islice(values, _FEW + 1)]
    return ", ".join(first[:_FEW]) + (", …" if len(first) > _FEW else "")
