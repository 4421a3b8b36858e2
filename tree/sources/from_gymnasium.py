"""Gymnasium → game: environments with a transition table, and Blackjack."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game import TabularGame
from gradcheck.tree.games.blackjack import blackjack
from gradcheck.tree.sources.gymnasium_table import GymnasiumTable, game_from_table
from gradcheck.tree.sources.optional_dependency import optional_module
from gradcheck.tree.sources.registry import NamedGame, source
from gradcheck.tree.types import NumberLike
from gradcheck.tree.user_code import user_code
from gradcheck.tree.validation.arguments import close_names, did_you_mean

if TYPE_CHECKING:
    from gymnasium import Env

_EXTRA = "gymnasium"
_READABLE = "FrozenLake-v1, Taxi-v4, CliffWalking-v1 and Blackjack-v1"
#: Gymnasium's wrappers that leave observations, actions and rewards alone.
_HARMLESS = {
    "HumanRendering",
    "OrderEnforcing",
    "PassiveEnvChecker",
    "RecordEpisodeStatistics",
    "RecordVideo",
    "RenderCollection",
    "TimeLimit",
}


def from_gymnasium(
    env_or_id: Env[Any, Any] | str, *, horizon: int | None = None, discount: NumberLike = 1, **make_kwargs: Any
) -> TabularGame:
    """Read the exact game behind an environment of Gymnasium that has a transition table, or is Blackjack-v1.

    The table is ``env.unwrapped.P[state][action] = [(probability, next_state, reward, terminated), …]``.
    A float within rounding of a simple fraction, such as 0.3333333333333333, is read as this fraction, and states that
    cannot be met are left out; ``read_gymnasium`` tells which. Action masks are not applied: the table says what comes
    of a masked action.

    Args:
        env_or_id: such as ``"FrozenLake-v1"``, or an environment.
        horizon: the number of steps after which every episode ends; by default the environment's time limit.
        discount: between 0 and 1.
        make_kwargs: for ``gymnasium.make``, such as ``map_name="8x8"``.

    Raises:
        ImportError: if Gymnasium is not installed.
        InvalidArgument: if there is no such environment, it has no table, or the table is no game.

    >>> game = from_gymnasium("FrozenLake-v1", map_name="8x8")
    >>> game.horizon, game.step(0, 1)[0]
    (100, (Fraction(1, 3), 0, Fraction(0, 1), False))

    Reference:
        The toy-text environments, https://gymnasium.farama.org/environments/toy_text.
    """
    return read_gymnasium(env_or_id, horizon=horizon, discount=discount, **make_kwargs).game


def read_gymnasium(
    env_or_id: Env[Any, Any] | str, *, horizon: int | None = None, discount: NumberLike = 1, **make_kwargs: Any
) -> GymnasiumTable:
    """Read what ``from_gymnasium`` reads, with an account of which floats became which fractions.

    >>> table = read_gymnasium("FrozenLake-v1", is_slippery=True)
    >>> {str(meaning) for meaning in table.snapped.values()}, table.left_as_floats, table.unreachable
    ({'1/3'}, (), ())
    """
    gymnasium = optional_module("gymnasium", _EXTRA)
    if isinstance(env_or_id, str):
        env = _made(env_or_id, make_kwargs)
        try:
            return _read(env, env_or_id, horizon, discount)
        finally:
            env.close()
    if not isinstance(env_or_id, gymnasium.Env):
        raise invalid("an environment of Gymnasium, or its id", "env_or_id", env_or_id)
    if make_kwargs:
        hint = "They are for gymnasium.make, and this environment is made."
        raise invalid("no further arguments", "make_kwargs", make_kwargs, hint)
    return _read(env_or_id, env_or_id, horizon, discount)


@source("gymnasium:", name="ID", example="FrozenLake-v1")
def open_gymnasium(name: str, horizon: int | None) -> NamedGame:
    """What ``gymnasium:ID`` stands for."""
    table = read_gymnasium(name, horizon=horizon)
    return NamedGame(f"gymnasium:{name}", table.game, source=table)


def _made(env_id: str, make_kwargs: Mapping[str, Any]) -> Env[Any, Any]:
    gymnasium = optional_module("gymnasium", _EXTRA)

    def explained(error: Exception) -> Exception:
        why = f"Gymnasium says: {type(error).__name__}: {shown(error, str)}"
        known = gymnasium.envs.registry
        close = [] if env_id in known else close_names(env_id, known, cutoff=0.7)
        hint = did_you_mean(close, why, separator=", ")
        value = f"{env_id} with {shown(dict(make_kwargs))}" if make_kwargs else env_id
        return invalid("an environment that Gymnasium can make", "env_or_id", value, hint)

    with warnings.catch_warnings(), user_code(explained):
        warnings.simplefilter("ignore")  # of newer versions, for example: the id says which one is wanted
        return gymnasium.make(env_id, **make_kwargs)


def _read(env: Env[Any, Any], given: object, horizon: int | None, discount: NumberLike) -> GymnasiumTable:
    for wrapper in _wrappers(env):
        kind = type(wrapper)
        if kind.__name__ not in _HARMLESS or not kind.__module__.startswith("gymnasium."):
            hint = "A wrapper may change what the table says. Take it off, or write the game as a TabularGame."
            raise invalid("an environment as it was made", "a wrapper", kind.__name__, hint)
    inner: Any = env.unwrapped
    limit = _time_limit(env) if horizon is None else horizon
    if type(inner) is optional_module("gymnasium.envs.toy_text.blackjack", _EXTRA).BlackjackEnv:
        options = {"natural": bool(inner.natural), "sab": bool(inner.sab)}
        return GymnasiumTable(blackjack(**options, horizon=limit, discount=discount))
    _check_table(inner, given)
    return game_from_table(inner.P, inner.initial_state_distrib, horizon=limit, discount=discount)


def _wrappers(env: Any) -> Iterator[Any]:
    while env is not env.unwrapped:
        yield env
        env = env.env


def _time_limit(env: Env[Any, Any]) -> int | None:
    """The smallest limit on the number of steps: of the environment's registration, or of a wrapper around it."""
    limits = [env.spec.max_episode_steps if env.spec else None]
    limits += [getattr(wrapper, "_max_episode_steps", None) for wrapper in _wrappers(env)]
    return min((limit for limit in limits if limit is not None and limit > 0), default=None)  # -1 stands for none


def _check_table(inner: Any, given: object) -> None:
    expected = "an environment with a transition table"
    name, space = type(inner).__name__, type(getattr(inner, "observation_space", None)).__name__
    if not isinstance(getattr(inner, "P", None), Mapping):
        hint = (
            f"{name} has no env.unwrapped.P to read exact chances from. {_READABLE} can be read; write any other "
            "finite game as a TabularGame, or as an object with the methods of Game."
        )
        raise invalid(expected, "env_or_id", given, hint)
    if not hasattr(inner, "initial_state_distrib"):
        hint = f"{name} has env.unwrapped.P, but no env.unwrapped.initial_state_distrib to start from."
        raise invalid(expected, "env_or_id", given, hint)
    if space != "Discrete":
        hint = f"{name} has env.unwrapped.P, but observes a {space}, of which the table says nothing."
        raise invalid("an environment that observes its states", "env_or_id", given, hint)
    if getattr(inner, "fickle_passenger", False):
        hint = "A fickle passenger changes destinations, which is not in env.unwrapped.P."
        raise invalid("an environment that plays by its table", "env_or_id", given, hint)
