"""Whether every episode ends by itself, because no state can come again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from gradcheck.tree.errors import invalid, shown

_S = TypeVar("_S", bound=Hashable)


def refuse_cycle(
    starts: Iterable[_S], following: Callable[[_S], Iterable[_S]], *, name: Callable[[_S], object] = lambda state: state
) -> None:
    """Refuse a game in which a state can come again. Depth first, without recursion: games may be long.

    Args:
        starts: the first states.
        following: the states in which an episode can go on after a state.
        name: what to call a state in the message.

    Raises:
        InvalidArgument: if there is such a state.
    """
    done: set[_S] = set()
    on_the_way: set[_S] = set()
    stack: list[tuple[_S, bool]] = [(state, False) for state in starts]
    while stack:
        state, leaving = stack.pop()
        if leaving:
            on_the_way.discard(state)
            done.add(state)
        elif state in on_the_way:
            hint = (
                f"The state {shown(name(state))} can come again, so an episode may never end: say after how many steps."
            )
            raise invalid("a horizon for a game with a cycle", "horizon", None, hint)
        elif state not in done:
            on_the_way.add(state)
            stack.append((state, True))
            stack.extend((after, False) for after in following(state))
