"""The parts of a tabular game, read and checked: transitions, start, observations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.rationals import probabilities
from gradcheck.tree.types import Number, Observation, Outcome, State
from gradcheck.tree.validation.outcomes import (
    action_number,
    check_observation,
    check_same_actions,
    first_few,
    is_hashable_value,
    read_outcomes,
)


def read_transitions(P: object) -> Mapping[State, Mapping[int, tuple[Outcome, ...]]]:
    """Read the transitions P[state][action].

    Raises:
        InvalidArgument: if they are no such table, or a row is no distribution.
    """
    if not isinstance(P, Mapping) or not P:
        raise invalid("a table {state: {action: outcomes}} with at least one state", "P", P)
    table: dict[State, Mapping[int, tuple[Outcome, ...]]] = {}
    for state, row in P.items():
        name = f"P[{shown(state)}]"
        if not isinstance(row, Mapping) or not row:
            hint = "A state where episodes only ever end needs no row." if isinstance(row, Mapping) else ""
            raise invalid("a table {action: outcomes} with at least one action", name, row, hint)
        actions = {action_number(action, f"an action of {name}"): row[action] for action in row}
        table[state] = MappingProxyType({a: read_outcomes(actions[a], f"{name}[{a}]", P) for a in sorted(actions)})
    return MappingProxyType(table)


def read_start(start: object, table: Mapping[State, object]) -> Mapping[State, Number]:
    """Read a first state, or a distribution over first states.

    Raises:
        InvalidArgument: if a state is unknown, or it is no distribution.
    """
    if not isinstance(start, Mapping) and not is_hashable_value(start):
        raise invalid("a state, or a table {state: probability}", "start", start)
    chance_of = start if isinstance(start, Mapping) else {start: 1}
    if not chance_of:
        raise invalid("a table {state: probability} with at least one state", "start", start)
    for state in chance_of:
        if state not in table:
            raise invalid("a start among the states of P", "start", state, f"They are {first_few(table)}.")
    names = [f"start[{shown(state)}]" for state in chance_of]
    chances = probabilities(list(chance_of.values()), "start", each=names, given=start)
    return MappingProxyType(dict(zip(chance_of, chances, strict=True)))


def read_observations(observations: object, table: Mapping[State, Mapping[int, object]]) -> Mapping[State, Observation]:
    """Read what the player sees in each state; by default the state itself.

    Raises:
        InvalidArgument: if a state is missing or unknown, or two states look the same but are not alike.
    """
    if observations is None:
        observations = {state: state for state in table}
    if not isinstance(observations, Mapping):
        raise invalid("a table {state: observation}", "observations", observations)
    for state in observations:
        if state not in table:
            hint = f"The states of P are {first_few(table)}."
            raise invalid("observations of states of P only", "a state in observations", state, hint)
    legal: dict[Observation, tuple[State, tuple[int, ...]]] = {}
    for state, row in table.items():
        if state not in observations:
            hint = f"The state {shown(state)} is missing."
            raise invalid("an observation for every state of P", "observations", observations, hint)
        seen = observations[state]
        name = f"observations[{shown(state)}]"
        check_observation(seen, name)
        check_same_actions(seen, name, tuple(row), *legal.setdefault(seen, (state, tuple(row))))
    return MappingProxyType({state: observations[state] for state in table})
