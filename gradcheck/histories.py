"""The same game for a player with a memory: what it sees is everything it has seen and done so far.

A recurrent network is a function of the history. In a game whose observations are histories it is an ordinary policy,
so whatever is exact for policies of observations is exact for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, final

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Number, Observation, Outcome, State
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features

if TYPE_CHECKING:
    from torch import Tensor

#: A state of the game, with the numbers of the steps before it.
_Remembered: TypeAlias = "tuple[State, tuple[float, ...]]"


@final
class HistoryGame:
    """A game in which an observation is the history of the observations (and actions) of another; a ``Game``.

    An observation is a flat tuple of 1 + H·W numbers: how many steps are over, and then W numbers for each of the H
    steps that the longest episode takes. These are the step's observation, D numbers, and where actions are remembered
    its action, one-hot, zero in the present step; the steps to come are all zero.

    Attributes:
        num_actions, horizon, discount: as in the other game.
        num_steps: H.
        num_features: D.
        width: W, which is D + A, or D where actions are not remembered.
    """

    def __init__(self, tree: GameTree, *, actions: bool) -> None:
        self._game = tree.game
        rows = observation_features(tree).tolist()
        self._features: Mapping[Observation, tuple[float, ...]] = {
            seen: tuple(int(value) if value.is_integer() else value for value in row)
            for seen, row in zip(tree.observations, rows, strict=True)
        }
        self._actions = actions
        self.num_actions = tree.game.num_actions
        self.horizon = tree.game.horizon
        self.discount = tree.game.discount
        self.num_steps = len(tree.node_levels)
        self.num_features = len(rows[0])
        self.width = self.num_features + (self.num_actions if actions else 0)

    def starts(self) -> tuple[tuple[Number, _Remembered], ...]:
        """The first states with their probabilities."""
        return tuple((chance, (state, ())) for chance, state in self._game.starts())

    def legal_actions(self, state: _Remembered) -> tuple[int, ...]:
        """The actions that can be taken in the state, in increasing order."""
        return tuple(self._game.legal_actions(state[0]))

    def step(self, state: _Remembered, action: int) -> tuple[Outcome, ...]:
        """What can happen after the action, as (probability, next state, reward, terminated)."""
        place, before = state
        taken = tuple(int(action == other) for other in range(self.num_actions)) if self._actions else ()
        after = (*before, *self._features[self._game.observe(place)], *taken)
        return tuple((chance, (to, after), reward, ends) for chance, to, reward, ends in self._game.step(place, action))

    def observe(self, state: _Remembered) -> tuple[float, ...]:
        """The history, padded with zeros."""
        place, before = state
        so_far = (len(before) // self.width, *before, *self._features[self._game.observe(place)])
        return (*so_far, *[0] * (1 + self.num_steps * self.width - len(so_far)))

    def sequences(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Histories in the layout of recurrent networks.

        Args:
            observations: [T, 1 + H·W].

        Returns:
            [T, H, W], zero after the present step, and [T] int64, the number of steps up to the present one, 1 … H.

        Raises:
            InvalidArgument: if the observations are not as wide as those of this game.
        """
        wide = 1 + self.num_steps * self.width
        if observations.ndim != 2 or observations.shape[1] != wide:
            raise invalid(f"observations [T, {wide}]", "the shape of observations", tuple(observations.shape))
        steps = observations[:, 1:].reshape(len(observations), self.num_steps, self.width)
        return steps, observations[:, 0].long() + 1


def with_histories(game: Game | GameTree, *, actions: bool = True) -> HistoryGame:
    """Make the same game for a player that remembers every observation, and its own actions, so far.

    Args:
        game: any finite game, or its tree where that is at hand. Observations that are no tuples of numbers, all of one
            length, become one-hot rows.
        actions: whether its own actions are remembered, too.

    Raises:
        InvalidArgument: if it is no game.

    >>> from gradcheck import games, unroll
    >>> unroll(games.hallway(steps=2)).observations
    ((0,), (1,))
    >>> unroll(with_histories(games.hallway(steps=2))).observations
    ((0, 0, 0, 0, 0, 0, 0), (1, 0, 1, 0, 0, 0, 0), (1, 0, 0, 1, 1, 0, 0), (1, 0, 1, 0, 1, 0, 0), (1, 0, 0, 1, 0, 0, 0))
    """
    if actions not in (False, True):
        raise invalid("True or False", "actions", actions)
    return HistoryGame(unroll(game), actions=actions)
