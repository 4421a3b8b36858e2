"""How large a game is, before it is unrolled; what uniform play is worth in it, and the uniform policy itself.

Histories are counted by step and state, not one by one: a game of millions of histories takes no longer than its rules.
Nothing here needs numpy, so that a list of games is printed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, final

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.types import Number, Observation, State
from gradcheck.tree.validation.checked_game import CheckedGame
from gradcheck.tree.validation.termination import refuse_cycle

if TYPE_CHECKING:
    from gradcheck.tree.game_tree import GameTree

_MAX_STATES = 1_000_000  # a minute of rules written in Python


@final
@dataclass(frozen=True)
class GameSize:
    """The size of a game, and its worth under the uniform policy.

    Attributes:
        observations: how many different ones the player can meet.
        decisions: how many histories there are after which the player acts, however unlikely.
        episodes: how many different episodes there are, however unlikely.
        shortest: the fewest steps an episode can take.
        longest: the most.
        uniform_return: the expected return where every legal action is equally likely.
    """

    observations: int
    decisions: int
    episodes: int
    shortest: int
    longest: int
    uniform_return: Number


def count_histories(game: Game) -> GameSize:
    """Count a game's histories, and compute its expected return under the uniform policy.

    Args:
        game: any finite game.

    Raises:
        InvalidArgument: if it is no game, or its answers cannot be used.

    >>> from gradcheck.tree.games.robot import robot
    >>> count_histories(robot())
    GameSize(observations=3, decisions=3, episodes=5, shortest=1, longest=3, uniform_return=Fraction(39, 8))
    """
    game = _checked(game)
    for _ in _states(game):  # which refuses a game with too many
        pass
    if game.horizon is None:
        refuse_cycle((state for _, state in game.starts()), lambda state: _following(game, state))
    seen: set[Observation] = set()
    decisions = episodes = 0
    lengths: list[int] = []
    worth: Number = Fraction(0)
    discount: Number = Fraction(1)
    level: dict[State, tuple[int, Number]] = {state: (1, chance) for chance, state in game.starts()}
    while level:
        step, following = len(lengths) + 1, dict[State, tuple[int, Number]]()
        if step > _MAX_STATES:
            raise invalid(f"a game of at most {_MAX_STATES:,} steps", "horizon", game.horizon, "Give it a shorter one.")
        ended = 0
        for state, (histories, reach) in level.items():
            seen.add(game.observe(state))
            decisions += histories
            actions = game.legal_actions(state)
            for action in actions:
                for chance, next_state, reward, terminated in game.step(state, action):
                    arrives = reach * chance / len(actions)
                    worth += discount * arrives * reward
                    if terminated or step == game.horizon:
                        ended += histories
                    else:
                        others, before = following.get(next_state, (0, Fraction(0)))
                        following[next_state] = (others + histories, before + arrives)
        episodes += ended
        lengths.append(ended)
        level, discount = following, discount * game.discount
    shortest = next(step for step, ended in enumerate(lengths, start=1) if ended)
    return GameSize(len(seen), decisions, episodes, shortest, len(lengths), worth)


def uniform_policy(game: Game | GameTree) -> dict[Observation, tuple[Fraction, ...]]:
    """Make every legal action equally likely, for each observation in breadth-first order of first visit.

    Args:
        game: any finite game, or its tree where that is at hand.

    Raises:
        InvalidArgument: if it is no game, or has more than a million states.

    >>> from gradcheck.tree.games.stop_go import stop_go
    >>> uniform_policy(stop_go())
    {'first': (Fraction(1, 2), Fraction(1, 2)), 'second': (Fraction(1, 2), Fraction(1, 2))}
    """
    rules = getattr(game, "rules", None)
    if rules is not None:  # a tree, which knows what can be met
        rows = zip(rules.observations, rules.legal, strict=True)
        return {seen: _uniform_row(legal, rules.game.num_actions) for seen, legal in rows}
    game = _checked(game)
    policy: dict[Observation, tuple[Fraction, ...]] = {}
    for state in _states(game):
        seen = game.observe(state)
        if seen not in policy:
            policy[seen] = _uniform_row(game.legal_actions(state), game.num_actions)
    return policy


def _uniform_row(legal: Sequence[int], num_actions: int) -> tuple[Fraction, ...]:
    row = [Fraction(0)] * num_actions
    for action in legal:
        row[action] = Fraction(1, len(legal))
    return tuple(row)


def _checked(game: Any) -> Game:
    return game if isinstance(game, TabularGame) else CheckedGame(game)


def _following(game: Game, state: State) -> set[State]:
    outcomes = (outcome for action in game.legal_actions(state) for outcome in game.step(state, action))
    return {next_state for _, next_state, _, terminated in outcomes if not terminated}


def _states(game: Game) -> Iterator[State]:
    """Every state in which the player acts, breadth-first."""
    level = list(dict.fromkeys(state for _, state in game.starts()))
    known, depth = set(level), 0
    while level and (game.horizon is None or depth < game.horizon):
        following: list[State] = []
        for state in level:
            yield state
            for action in game.legal_actions(state):
                for _, next_state, _, terminated in game.step(state, action):
                    if not terminated and next_state not in known:
                        if len(known) >= _MAX_STATES:
                            hint = "Give it a horizon." if game.horizon is None else "Give it a shorter horizon."
                            raise invalid(f"a game of at most {_MAX_STATES:,} states", "game", game, hint)
                        known.add(next_state)
                        following.append(next_state)
        level, depth = following, depth + 1
