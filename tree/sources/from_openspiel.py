"""OpenSpiel → game: one player of a turn-based game against fixed others, or all players with one policy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.sources.openspiel_game import Observed, OpenSpielGame, Opponents
from gradcheck.tree.sources.optional_dependency import optional_module
from gradcheck.tree.sources.registry import NamedGame, source
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import close_names, did_you_mean, discount_of, horizon_of, whole_number

_EXTRA = "openspiel"
_KINDS: tuple[Observed, ...] = ("information_state", "state", "observation")
_STDERR = 2


def from_openspiel(
    name_or_game: Any,
    *,
    player: int = 0,
    opponents: Opponents = "uniform",
    observe: Observed | None = None,
    horizon: int | None = None,
    discount: NumberLike = 1,
) -> OpenSpielGame:
    """Read a game of OpenSpiel for one learning player, all chances exact.

    A step is one decision of the player; chance and the other players' moves are part of what follows it. Simultaneous
    moves are made one after the other, unseen. Actions have OpenSpiel's numbers, a reward is by how much the player's
    return changes, and OpenSpiel's floats are read as the fractions they mean. Where a game can be over before the
    player's first decision, such an episode is a single decision with the single action 0.

    Args:
        name_or_game: such as ``"kuhn_poker"`` or ``"liars_dice(numdice=1,dice_sides=3)"``, or a ``pyspiel.Game``.
        player: who learns, 0 for the first.
        opponents: how the others move: ``"uniform"``; a table ``{what they see: probabilities}``, each row in the order
            of the actions or ``{action: probability}``; or ``"same"``, self-play: every player's decisions belong to
            the one policy, and the reward is the return of ``player``.
        observe: what a decision can depend on. ``"information_state"``: OpenSpiel's information state string, which
            remembers all the player has seen. ``"observation"``: its observation string, only what is seen now.
            ``"state"``, for games of perfect information: the position as text, however it came about; equal texts
            after equally many moves are one state, which makes large games small. By default the first of
            information state, state and observation that the game has. Where the texts of two players are equal, they
            are one information set, as in OpenSpiel's tabular policies.
        horizon: the number of steps after which every episode ends; by default OpenSpiel's longest game.
        discount: between 0 and 1, for one step.

    Raises:
        ImportError: if OpenSpiel is not installed.
        InvalidArgument: if there is no such game, or an argument cannot be used.

    >>> game = from_openspiel("kuhn_poker", player=1)
    >>> chance, start = game.starts()[0]
    >>> chance, start, game.observe(start)
    (Fraction(1, 12), Position(key='0, 1, 0'), '1p')

    Reference:
        Lanctot et al. (2019), *OpenSpiel: A framework for reinforcement learning in games*, arXiv 1908.09453.
    """
    pyspiel = optional_module("pyspiel", _EXTRA)
    game = _loaded(name_or_game) if isinstance(name_or_game, str) else name_or_game
    if not isinstance(game, pyspiel.Game):
        raise invalid("a game of OpenSpiel, or its name", "name_or_game", name_or_game)
    dynamics, chances = game.get_type().dynamics.name, game.get_type().chance_mode.name
    if dynamics == "MEAN_FIELD" or chances == "SAMPLED_STOCHASTIC":
        why = "a crowd moves in it" if dynamics == "MEAN_FIELD" else "it samples chance and tells no probabilities"
        hint = f"This one cannot be enumerated: {why}."
        raise invalid(
            "a game of players who take turns and chances with probabilities", "name_or_game", str(game), hint
        )
    if dynamics == "SIMULTANEOUS":
        game = pyspiel.convert_to_turn_based(game)
    last = game.num_players() - 1
    learner = whole_number(player, "player", 0, last, expected=f"a player from 0 to {last}")
    if not (opponents in ("uniform", "same") if isinstance(opponents, str) else isinstance(opponents, Mapping)):
        hint = 'Or "same", for self-play.'
        raise invalid('"uniform" or a table {what they see: probabilities}', "opponents", opponents, hint)
    return OpenSpielGame(
        openspiel=game,
        player=learner,
        opponents=opponents if isinstance(opponents, str) else dict(opponents),
        observed=_observed(game, observe),
        horizon=horizon_of(horizon) or game.max_game_length(),
        discount=discount_of(discount),
    )


@source("openspiel:", name="NAME", example="kuhn_poker")
def open_openspiel(name: str, horizon: int | None) -> NamedGame:
    """What ``openspiel:NAME`` stands for."""
    return NamedGame(f"openspiel:{name}", from_openspiel(name, horizon=horizon))


def _loaded(name: str) -> Any:
    pyspiel = optional_module("pyspiel", _EXTRA)
    if name.startswith("python_"):
        optional_module("open_spiel.python.games", _EXTRA)  # they are registered by being imported
    known = pyspiel.registered_names()
    short = name.partition("(")[0].strip()
    if short not in known:
        hint = did_you_mean(
            close_names(short, known, cutoff=0.7), "pyspiel.registered_names() lists the names.", separator=", "
        )
        raise invalid("the name of a game of OpenSpiel", "name_or_game", name, hint)
    try:
        with _quiet():
            return pyspiel.load_game(name)
    except pyspiel.SpielError as error:
        hint = f"OpenSpiel says: {shown(error, str)}"
        raise invalid("a game that OpenSpiel can load", "name_or_game", name, hint) from error


def _observed(game: Any, observe: object) -> Observed:
    kind = game.get_type()
    has = {
        "information_state": kind.provides_information_state_string,
        "state": kind.information.name == "PERFECT_INFORMATION",
        "observation": kind.provides_observation_string,
    }
    offered: list[Observed] = [name for name in _KINDS if has[name]]
    if observe is None and offered:
        return offered[0]
    if not isinstance(observe, str) or observe not in offered:
        hint = f"{kind.short_name} has no other."
        if observe == "state":
            hint = "A position as text is for games of perfect information."
        raise invalid(" or ".join(map(repr, offered)) or "a game with observations", "observe", observe, hint)
    return offered[offered.index(observe)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenSpiel from writing to stderr, from C++, what it raises as an error anyway."""
    try:
        saved = os.dup(_STDERR)
    except OSError:  # there is no stderr
        yield
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(saved, _STDERR)
            os.close(saved)
