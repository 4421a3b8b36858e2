"""Whether every episode ends by itself: whether no state can come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree.errors import invalid, shown

if TYPE_CHECKING:
    from tree.game import Game, State

_MAX_STATES = 1_000_000  # a minute of rules written in Python


def refuse_cycle(game: Game, *, max_states: int = _MAX_STATES) -> None:
    """Look for a state that can come again, depth first; without recursion, so that long games are fine.

    Args:
        game: without a horizon.
        max_states: give up beyond this number of states: rules may make new ones for ever.

    Raises:
        InvalidArgument: if there is such a state, or there are more than ``max_states``.
    """
    done: set[State] = set()
    on_the_way: set[State] = set()
    stack: list[tuple[State, bool]] = [(state, False) for _, state in game.starts()]
    while stack:
        state, leaving = stack.pop()
        if leaving:
            on_the_way.discard(state)
            done.add(state)
        elif state in on_the_way:
            hint = f"The state {shown(state)} can come again, so an episode may never end: say after how many steps."
            raise invalid("a horizon for a game with a cycle", "horizon", None, hint)
        elif state not in done:
            if len(done) + len(on_the_way) >= max_states:
                hint = f"There are more than {max_states:,} states, and an episode may never end."
                raise invalid("a horizon for a game of so many states", "horizon", None, hint)
            on_the_way.add(state)
            stack.append((state, True))
            stack.extend((following, False) for following in _following(game, state))


def _following(game: Game, state: State) -> set[State]:
    outcomes = (outcome for action in game.legal_actions(state) for outcome in game.step(state, action))
    return {next_state for _, next_state, _, terminated in outcomes if not terminated}
