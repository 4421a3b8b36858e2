"""A policy as a table {observation: probabilities}, checked and laid out in the order of the variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from tree.errors import invalid
from tree.game import Observation
from tree.rationals import Number, NumberLike, is_exact, probabilities
from tree.unroll import Array, GameTree

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
    if not isinstance(policy, Mapping):
        raise invalid("a table {observation: probabilities}", "policy", policy)
    known = set(tree.observations)
    for observation in policy:
        if observation not in known:
            hint = "The game never shows it." if known else ""
            raise invalid("an observation of the game", "policy", observation, hint)
    x: list[Number] = []
    for observation, legal in zip(tree.observations, tree.legal_actions, strict=True):
        if observation not in policy:
            hint = f"The observation {observation!r} is missing."
            raise invalid("a row for every observation", "policy", policy, hint)
        x.extend(_row(policy[observation], np.flatnonzero(legal).tolist(), legal.size, observation))
    if tree.exact and is_exact(x):
        return tree.numbers(x, object)
    return tree.numbers(x, float)


def _row(row: object, legal: list[int], num_actions: int, observation: Observation) -> list[Number]:
    name = f"policy[{observation!r}]"
    if isinstance(row, Mapping):
        for action in row:
            if action not in range(num_actions):
                raise invalid(f"actions from 0 to {num_actions - 1}", f"an action of {name}", action)
        for action in legal:
            if action not in row:
                raise invalid("a probability for every legal action", name, row, f"Action {action} is missing.")
        actions, values = list(row), list(row.values())
    else:
        if isinstance(row, str) or not isinstance(row, Iterable):
            raise invalid("a sequence of probabilities", name, row)
        values = row.tolist() if hasattr(row, "tolist") else list(row)  # type: ignore[attr-defined]
        actions = list(range(num_actions))
        if len(values) != num_actions:
            raise invalid(f"{num_actions} probabilities, one for each action", name, values)
    given = dict(zip(actions, probabilities(values, name), strict=True))
    for action, probability in given.items():
        if action not in legal and probability != 0:
            raise invalid("probability 0 for an illegal action", f"{name}[{action}]", values[actions.index(action)])
    return [given[action] for action in legal]
