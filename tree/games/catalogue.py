"""The gallery: the games that come with gradcheck by name, for the command line and for loops over all of them.

Nothing here needs numpy, SymPy or torch: a list of games answers at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias, final

from gradcheck.tree.game import TabularGame
from gradcheck.tree.games.bandit import bandit
from gradcheck.tree.games.chance_bandit import chance_bandit
from gradcheck.tree.games.game_size import uniform_policy
from gradcheck.tree.games.hallway import hallway
from gradcheck.tree.games.kuhn_poker import BOTH, kuhn_poker
from gradcheck.tree.games.random_games import random_game
from gradcheck.tree.games.robot import HILLSIDE, HILLTOP_AGAIN, START, robot, robot_one_step, robot_policy
from gradcheck.tree.games.stop_go import stop_go
from gradcheck.tree.games.two_prompts import two_prompts
from gradcheck.tree.types import Observation

#: A policy in rationals, ``{observation: probabilities}``.
ExactPolicy: TypeAlias = "Mapping[Observation, tuple[Fraction, ...]]"


@final
@dataclass(frozen=True)
class Entry:
    """A game of the gallery.

    Attributes:
        name: as the command line takes it.
        description: in one line of at most 40 characters.
        make: builds the game.
        play: makes a policy for the game, above 0 for every legal action: uniform, where none comes with the game.
        actions: words for the actions, if there are any.
        one_step: builds the first decision as a game of its own, where the report pictures it.
    """

    name: str
    description: str
    make: Callable[[], TabularGame] = field(repr=False)
    play: Callable[[TabularGame], ExactPolicy] = field(default=uniform_policy, repr=False)
    actions: tuple[str, ...] | None = None
    one_step: Callable[[], TabularGame] | None = field(default=None, repr=False)

    @property
    def call(self) -> str:
        """How to make it in Python.

        >>> GALLERY["robot"].call, GALLERY["kuhn_self_play"].call
        ('games.robot()', "games.kuhn_poker('both')")
        """
        function, arguments = self._function()
        return f"games.{function.__name__}({', '.join(map(repr, arguments))})"

    @property
    def documentation(self) -> str:
        """The docstring of the function that makes it, down to its arguments."""
        text = inspect.getdoc(self._function()[0]) or ""  # none, where Python was told to leave them out
        return text.partition("\n\nArgs:")[0].partition("\n\n>>>")[0]

    def _function(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return (self.make.func, self.make.args) if isinstance(self.make, partial) else (self.make, ())


def _robot_policy(game: TabularGame) -> ExactPolicy:
    rows = robot_policy()
    return {seen: rows[seen] for seen in (START, HILLSIDE, HILLTOP_AGAIN) if seen in game.P}


_WALK, _POKER = ("left", "right"), ("pass", "bet")

_ENTRIES = (
    Entry("robot", "the hillside, the diamond and the flag", robot, _robot_policy, _WALK, robot_one_step),
    Entry("robot_one_step", "its first decision alone", robot_one_step, _robot_policy, _WALK, robot_one_step),
    Entry("bandit", "three arms that pay 0, 1 and 4", bandit),
    Entry("chance_bandit", "a rare prize, or a small sure reward", chance_bandit, actions=("risk", "safe")),
    Entry("stop_go", "stop now, or pay and go on", stop_go),
    Entry("hallway", "two dark ends that look alike", hallway, actions=("west", "east")),
    Entry("kuhn_poker", "Kuhn poker, against uniform play", kuhn_poker, actions=_POKER),
    Entry("kuhn_self_play", "Kuhn poker, one policy for both players", partial(kuhn_poker, BOTH), actions=_POKER),
    Entry("two_prompts", "texts of one or two tokens, two prompts", two_prompts, actions=("end", "1", "2")),
    Entry("random_game", "seed 0 of the random games", partial(random_game, 0)),
)

#: Every game of the gallery by its name, in the order in which they are listed.
GALLERY: Mapping[str, Entry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
