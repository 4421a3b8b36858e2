"""A policy as a table {observation: probabilities}, checked and laid out in the order of the variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import is_exact, object_array, probabilities
from gradcheck.tree.types import Array, Number, NumberLike, Observation
from gradcheck.tree.validation.outcomes import action_number, first_few

#: One row for each observation: a probability for every action, or {action: probability}.
PolicyTable: TypeAlias = "Mapping[Any, Sequence[NumberLike] | Mapping[int, NumberLike]]"


def action_probabilities(tree: GameTree, policy: PolicyTable) -> Array:
    """Lay a policy table out as [V] x0, x1, …: an object array of Fractions if every number is rational, else float64.

    Args:
        tree: the unrolled game.
        policy: ``{observation: probabilities}`` with a row for every observation that can be seen; the row has one
            number for each of the A actions (0 where it is illegal), or is ``{action: probability}`` with every
            legal action in it.

    Raises:
        InvalidArgument: if an observation or an action is missing or unknown, or a row is no distribution.
    """
    x = [probability for row in read_rows(tree, policy) for probability in row]
    if tree.exact and is_exact(x):
        return object_array(x)
    return np.array([float(value) for value in x])


def read_rows(tree: GameTree, policy: PolicyTable) -> list[list[Number]]:
    """Read a policy table: for each of the I information sets the probabilities of its legal actions, as written.

    Raises:
        InvalidArgument: if an observation or an action is missing or unknown, or a row is no distribution.
    """
    if not isinstance(policy, Mapping):
        raise invalid("a table {observation: probabilities}", "policy", policy)
    known = set(tree.observations)
    for observation in policy:
        if observation not in known:
            hint = f"The game shows {first_few(tree.observations)}."
            raise invalid("an observation that the game can show", "an observation in policy", observation, hint)
    rows: list[list[Number]] = []
    for observation, legal in zip(tree.observations, tree.legal_actions, strict=True):
        if observation not in policy:
            hint = f"The observation {shown(observation)} is missing."
            raise invalid("a row for every observation the game can show", "policy", policy, hint)
        rows.append(_row(policy[observation], np.flatnonzero(legal).tolist(), legal.size, observation))
    return rows


def _row(row: object, legal: list[int], num_actions: int, observation: Observation) -> list[Number]:
    if type(row) is tuple and len(row) == num_actions and set(map(type, row)) == {Fraction}:
        given = [row[action] for action in legal]  # the usual row of a large table: a twentieth of the time
        if min(given) >= 0 and sum(given) == 1 and len(row) - row.count(0) == len(given) - given.count(0):
            return given
    name = f"policy[{shown(observation)}]"
    if isinstance(row, Mapping):
        actions = [action_number(action, f"an action of {name}") for action in row]
        for action in actions:
            if action >= num_actions:
                raise invalid(f"an action from 0 to {num_actions - 1}", f"an action of {name}", action)
        for action in legal:
            if action not in actions:
                raise invalid("a probability for every legal action", name, row, f"Action {action} is missing.")
        values = list(row.values())
    else:
        # Sequences, and what becomes a list of numbers: arrays and tensors.
        values = row.tolist() if hasattr(row, "tolist") else row  # type: ignore[attr-defined]  # asked just before
        if isinstance(values, str | bytes) or not isinstance(values, Sequence):
            hint = "Write a tuple or a list, in the order of the actions, or {action: probability}."
            raise invalid("a sequence of probabilities", name, row, hint)
        actions = list(range(num_actions))
        if len(values) != num_actions:
            hint = "An illegal action has probability 0." if len(legal) < num_actions else ""
            raise invalid(f"{num_actions} probabilities, one for each action", name, row, hint)
    names = [f"{name}[{action}]" for action in actions]
    read = probabilities(values, name, each=names, given=row, dtype=getattr(row, "dtype", None))
    for action, probability, its_name, value in zip(actions, read, names, values, strict=True):
        if action not in legal and probability != 0:
            raise invalid("probability 0 for an illegal action", its_name, value, f"Legal are {legal}.")
    by_action = dict(zip(actions, read, strict=True))
    return [by_action[action] for action in legal]
