"""Any finite game → the table of it: the states that an episode can meet, and what they allow."""

from __future__ import annotations

from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Outcome
from gradcheck.tree.unrolling.rules import explore

_MAX_STATES = 1_000_000


def tabulate(game: Game | GameTree, *, max_states: int = _MAX_STATES) -> TabularGame:
    """Write a game given as code as a table, breadth-first from its starts; a table is handed back as it is.

    States are asked only as far as the horizon. An outcome that leads beyond, which is always the last of its episode,
    is marked as terminated. Actions that are legal nowhere do not count: ``num_actions`` may become smaller.

    Args:
        game: any finite game, or its tree.
        max_states: give up beyond this number of states.

    Raises:
        InvalidArgument: if it is no game, its answers cannot be used, or it has more states.

    >>> class Countdown:
    ...     num_actions, horizon, discount = 1, 2, 1
    ...     def starts(self): return [(1, 9)]
    ...     def legal_actions(self, state): return [0]
    ...     def step(self, state, action): return [(1, state - 1, state, False)]
    ...     def observe(self, state): return state
    >>> {state: row[0] for state, row in tabulate(Countdown()).P.items()}
    {9: ((Fraction(1, 1), 8, Fraction(9, 1), False),), 8: ((Fraction(1, 1), 7, Fraction(8, 1), True),)}
    """
    if isinstance(game, GameTree):
        game = game.game
    if isinstance(game, TabularGame):
        return game
    rules = explore(game, max_states=max_states)
    states = rules.states[: len(rules.state_infoset)]  # those with decisions

    def outcomes(choice: int) -> list[Outcome]:
        first, last = rules.choice_edge[choice : choice + 2]
        return [
            (
                rules.numbers[rules.chance_number[edge]],
                rules.states[rules.next_state[edge]],
                rules.numbers[rules.reward_number[edge]],
                bool(rules.ends[edge]) or rules.next_state[edge] >= len(states),
            )
            for edge in range(first, last)
        ]

    return TabularGame(
        {
            state: {int(rules.choice_action[choice]): outcomes(choice) for choice in range(first, last)}
            for state, first, last in zip(states, rules.state_choice, rules.state_choice[1:], strict=False)
        },
        {rules.states[number]: chance for number, chance in zip(rules.start_state, rules.start_chance, strict=True)},
        rules.game.horizon,
        {state: rules.observations[infoset] for state, infoset in zip(states, rules.state_infoset, strict=True)},
        rules.game.discount,
    )
