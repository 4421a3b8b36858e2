"""Hypothesis strategies for games, policies and batches of episodes.

They need Hypothesis, which ``pip install gradcheck`` does not bring: install it, or ``gradcheck[test]``. Without it
this module can still be imported, and read with ``help``; its functions raise an ImportError that says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.games.game_size import count_histories, uniform_policy
from gradcheck.tree.games.random_games import drawn_game
from gradcheck.tree.games.robot import robot
from gradcheck.tree.types import Observation
from gradcheck.tree.unroll import unroll
from gradcheck.tree.validation.arguments import whole_number
from gradcheck.tree.values.policy_table import PolicyTable

if TYPE_CHECKING:
    from hypothesis import strategies as st

    from gradcheck.estimators.episodes import Episodes

__all__ = ["episodes", "games", "policies", "rewards", "robot_games"]

_LARGEST_DENOMINATOR = 100


def _hypothesis():  # noqa: ANN202 - the type of a module has no name
    """Import the strategies of Hypothesis.

    Raises:
        ImportError: if Hypothesis is not installed.
    """
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise ImportError("gradcheck.strategies needs Hypothesis: pip install hypothesis") from error
    return strategies


def rewards() -> st.SearchStrategy[Fraction]:
    """Rational rewards of both signs, zero included."""
    return _hypothesis().fractions(min_value=-100, max_value=100, max_denominator=_LARGEST_DENOMINATOR)


def games(
    *,
    max_states: int = 3,
    max_actions: int = 3,
    max_horizon: int = 3,
    max_outcomes: int = 2,
    max_starts: int = 2,
    max_episodes: int = 100,
) -> st.SearchStrategy[TabularGame]:
    """Random small games in rationals, which shrink to one state, one action and the reward 0.

    Whatever makes a game awkward comes up: observations that several states share or that come again, chance (with
    outcomes of probability 0, too), episodes of different lengths, several starts, illegal actions, discounts down to
    0, rewards of both signs and none, a horizon that cuts episodes off or no horizon at all.

    Args:
        max_states: the most states.
        max_actions: the most actions.
        max_horizon: the longest horizon; without one, an episode has at most ``max_states`` steps.
        max_outcomes: the most that can happen after an action; 1 for games without chance.
        max_starts: in how many states an episode can begin, at most.
        max_episodes: the most different episodes, so that walking through all of them stays cheap: where there would be
            more, the horizon is shortened, down to a single step.
    """
    st = _hypothesis()
    limits = {"states": max_states, "actions": max_actions, "horizon": max_horizon, "outcomes": max_outcomes}
    for name, value in {**limits, "starts": max_starts, "episodes": max_episodes}.items():
        whole_number(value, f"max_{name}")

    @st.composite
    def drawn(draw: st.DrawFn) -> TabularGame:
        def below(count: int) -> int:
            return draw(st.integers(0, count - 1))

        states = 1 + below(max_states)
        horizon = [*range(1, max_horizon + 1), None][below(max_horizon + 1)]
        game = drawn_game(
            below,
            states=states,
            actions=1 + below(max_actions),
            observations=states - below(states),
            horizon=horizon,
            outcomes=max_outcomes,
            starts=1 + below(min(max_starts, states)),
            illegal=True,
            discount=draw(st.just(Fraction(1)) | st.fractions(0, 1, max_denominator=_LARGEST_DENOMINATOR)),
            impossible=True,
        )
        steps = states if horizon is None else horizon
        while count_histories(game).episodes > max_episodes and steps > 1:
            steps -= 1
            game = TabularGame(game.P, game.start, steps, game.observations, game.discount)
        return game

    return drawn()


def robot_games() -> st.SearchStrategy[TabularGame]:
    """The robot's tree with random rational rewards everywhere and a random chance to slip, 0 and 1 included."""
    st = _hypothesis()
    chance = st.fractions(min_value=0, max_value=1, max_denominator=_LARGEST_DENOMINATOR)
    return st.builds(
        robot,
        diamond=rewards(),
        flag=rewards(),
        fire_pit=rewards(),
        slipped=rewards(),
        back_up=rewards(),
        too_late=rewards(),
        flag_after_diamond=rewards(),
        slip=chance,
    )


def policies(
    game: Game | GameTree, *, positive: bool = False
) -> st.SearchStrategy[Mapping[Observation, tuple[Fraction, ...]]]:
    """Random rational policies of a game, ``{observation: probabilities}``, deterministic ones included.

    Args:
        game: the game, or its tree where that is at hand.
        positive: give every legal action a probability above 0, as needed where something is divided by it.
    """
    st = _hypothesis()
    tree = unroll(game)
    rows = {
        observation: _rows(legal.tolist(), positive)
        for observation, legal in zip(tree.observations, tree.legal_actions, strict=True)
    }
    return st.fixed_dictionaries(rows)


def _rows(legal: list[bool], positive: bool) -> st.SearchStrategy[tuple[Fraction, ...]]:
    """Whole numbers divided by their sum; shrinks towards equal probabilities."""
    st = _hypothesis()
    parts = st.tuples(*(st.integers(int(positive), _LARGEST_DENOMINATOR) if ok else st.just(0) for ok in legal))
    return parts.filter(any).map(lambda row: tuple(Fraction(part, sum(row)) for part in row))


def episodes(
    game: Game | GameTree, policy: PolicyTable | None = None, *, max_size: int = 8
) -> st.SearchStrategy[Episodes]:
    """Batches of complete episodes that are possible under a policy, in any order.

    Args:
        game: the game, or its tree where that is at hand.
        policy: ``{observation: probabilities}``; uniform over the legal actions by default.
        max_size: the largest number of episodes in a batch.
    """
    from gradcheck.estimators.episode_list import all_episodes

    st = _hypothesis()
    tree = unroll(game)
    every = all_episodes(tree, uniform_policy(tree) if policy is None else policy)
    numbers = st.integers(0, every.count - 1)
    return st.lists(numbers, min_size=1, max_size=max_size).map(every.episodes.select)
