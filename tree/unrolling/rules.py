"""Game → its rules as flat arrays. The game is asked once about every state that can be met; its answers are checked.

What a state allows does not depend on when it is met, so a game is asked for each *state*, not for each history: a tree
of millions of histories may have a few thousand states. Everything after this is arithmetic on numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np

from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.progress import progress
from gradcheck.tree.rationals import as_distribution, as_rational, is_exact, number, object_array
from gradcheck.tree.types import Array, Number, Observation, Outcome, State
from gradcheck.tree.validation.checked_game import CheckedGame
from gradcheck.tree.validation.outcomes import check_observation, check_same_actions, check_state, read_outcomes
from gradcheck.tree.validation.termination import refuse_cycle

_PLAIN = {bool, bytes, float, int, str, type(None)}  # types whose values need no further check
_ROWS = (list, tuple)


@final
@dataclass(frozen=True, eq=False)
class Rules:
    """A game's rules. S states with decisions, K choices (state, action), L outcomes of them, N different numbers.

    Attributes:
        game: where they come from, its answers checked.
        states: every state by its number; those with decisions are 0 … S-1, the others only end episodes.
        observations: [I] what the player sees in each information set, in breadth-first order of first visit.
        legal: [I] the actions that are legal in each.
        start_state, start_chance: the first states, and their probabilities as the game gave them.
        state_infoset: [S] the information set of each state.
        state_choice: [S + 1] the first choice of each state, and the end of the last.
        choice_action: [K] the action of each choice.
        choice_edge: [K + 1] the first outcome of each choice, and the end of the last.
        next_state: [L] the state each outcome leads to.
        ends: [L] whether it ends the episode.
        numbers: [N] every different number among the probabilities and rewards, as the game gave it.
        chance_number, reward_number: [L] which of these numbers the probability and the reward of the outcome are.
    """

    game: Game = field(repr=False)
    states: tuple[State, ...] = field(repr=False)
    observations: tuple[Observation, ...] = field(repr=False)
    legal: tuple[tuple[int, ...], ...] = field(repr=False)
    start_state: Array = field(repr=False)
    start_chance: tuple[Number, ...] = field(repr=False)
    state_infoset: Array = field(repr=False)
    state_choice: Array = field(repr=False)
    choice_action: Array = field(repr=False)
    choice_edge: Array = field(repr=False)
    next_state: Array = field(repr=False)
    ends: Array = field(repr=False)
    numbers: tuple[Number, ...] = field(repr=False)
    chance_number: Array = field(repr=False)
    reward_number: Array = field(repr=False)

    @cached_property
    def exact(self) -> bool:
        """Whether every number of the game is rational."""
        return is_exact([*self.numbers, *self.start_chance, self.game.discount])

    @cached_property
    def chance(self) -> Array:
        """[L] the probabilities in float64."""
        return _floats(self.numbers)[self.chance_number]

    @cached_property
    def reward(self) -> Array:
        """[L] the rewards in float64."""
        return _floats(self.numbers)[self.reward_number]

    @cached_property
    def rational_chance(self) -> Array:
        """[L] the probabilities as Fractions; those of each choice sum to 1 exactly, floats or not."""
        rational = _rationals(self.numbers)[self.chance_number]
        is_float = np.array([isinstance(value, float) for value in self.numbers])[self.chance_number]
        for choice in np.unique(np.searchsorted(self.choice_edge, np.flatnonzero(is_float), side="right") - 1):
            row = slice(self.choice_edge[choice], self.choice_edge[choice + 1])
            rational[row] = as_distribution([self.numbers[n] for n in self.chance_number[row]])
        return rational

    @cached_property
    def rational_reward(self) -> Array:
        """[L] the rewards as Fractions; floats are read as the decimals they print as."""
        return _rationals(self.numbers)[self.reward_number]

    @cached_property
    def rational_start(self) -> tuple[Fraction, ...]:
        """The probabilities of the first states as Fractions that sum to 1 exactly, floats or not."""
        return as_distribution(self.start_chance)

    @property
    def unreachable(self) -> tuple[State, ...]:
        """The states of a table that no episode meets before its horizon; the rules leave them out."""
        table = getattr(self.game, "P", {})
        met = set(self.states[: len(self.state_infoset)])
        return tuple(state for state in table if state not in met)


def explore(game: Game, *, max_states: int) -> Rules:
    """Ask a game for its rules, state by state, breadth-first from its starts.

    Args:
        game: any finite game.
        max_states: give up beyond this number of states with decisions.

    Raises:
        InvalidArgument: if it is no game, its answers cannot be used, there are more than ``max_states`` states, or
            an episode may never end.
    """
    checked = game if isinstance(game, TabularGame) else CheckedGame(game)
    answers = _TableAnswers(checked) if isinstance(checked, TabularGame) else _CodeAnswers(game, checked)
    starts = tuple(checked.starts())
    decisions: list[State] = []
    infosets: dict[Observation, int] = {}
    legal: list[tuple[int, ...]] = []
    first_seen: list[State] = []  # the state in which each information set was met first
    state_infoset: list[int] = []
    state_choice, choice_action, choice_edge = [0], list[int](), [0]
    place_of: dict[State, int] = {}  # every state that was named, in the order in which it was
    is_decision: list[bool] = []
    places, ends = list[int](), list[bool]()
    chances: list[Number | int] = []
    rewards: list[Number | int] = []
    following_level: list[State] = [state for _, state in starts]
    for state in following_level:
        place_of[state] = len(place_of)
        is_decision.append(True)
    depth = 0

    def visits() -> Iterator[State]:
        nonlocal following_level, depth
        while following_level and (checked.horizon is None or depth < checked.horizon):
            level, following_level = following_level, []
            yield from level
            depth += 1

    for state in progress(visits(), None, "states explored"):
        if len(decisions) >= max_states:
            raise _too_many_states(checked, max_states, depth)
        decisions.append(state)
        seen, actions = answers.observe(state)
        infoset = infosets.setdefault(seen, len(infosets))
        if infoset == len(legal):
            legal.append(actions)
            first_seen.append(state)
        elif actions != legal[infoset]:
            check_same_actions(seen, f"observe({shown(state)})", actions, first_seen[infoset], legal[infoset])
        state_infoset.append(infoset)
        for action in actions:
            for chance, following, reward, terminated in answers.step(state, action):
                try:
                    place = place_of[following]
                except (KeyError, TypeError):  # a new state, or one that cannot be hashed
                    answers.check_new(state, action, following)
                    place = place_of[following] = len(place_of)
                    is_decision.append(False)
                places.append(place)
                ends.append(terminated)
                chances.append(chance)
                rewards.append(reward)
                if not (terminated or is_decision[place]):
                    is_decision[place] = True
                    following_level.append(following)
            choice_edge.append(len(places))
        choice_action += actions
        state_choice.append(len(choice_action))

    # States with decisions come first; in the others episodes only end, or the horizon is reached.
    order = {state: i for i, state in enumerate(decisions)}
    for state in place_of:
        order.setdefault(state, len(order))
    renumbered = np.fromiter((order[state] for state in place_of), np.intp, len(place_of))
    numbers = _Numbers()
    rules = Rules(
        game=checked,
        states=tuple(order),
        observations=tuple(infosets),
        legal=tuple(legal),
        start_state=np.array([order[state] for _, state in starts], dtype=np.intp),
        start_chance=tuple(chance for chance, _ in starts),
        state_infoset=np.array(state_infoset, dtype=np.intp),
        state_choice=np.array(state_choice, dtype=np.intp),
        choice_action=np.array(choice_action, dtype=np.intp),
        choice_edge=np.array(choice_edge, dtype=np.intp),
        next_state=renumbered[np.array(places, dtype=np.intp)],
        ends=np.array(ends, dtype=bool),
        chance_number=numbers.of(chances),
        reward_number=numbers.of(rewards),
        numbers=tuple(numbers.values),
    )
    if checked.horizon is None and not isinstance(checked, TabularGame):  # of a table this is known already
        refuse_cycle(rules.start_state.tolist(), lambda state: _following(rules, state), name=rules.states.__getitem__)
    return rules


def _following(rules: Rules, state: int) -> list[int]:
    first, last = rules.choice_edge[rules.state_choice[[state, state + 1]]]
    return rules.next_state[first:last][~rules.ends[first:last]].tolist()


def _too_many_states(game: Game, max_states: int, depth: int) -> Exception:
    hint = f"Step {depth} passes it. Give the game a shorter horizon, or unroll(game, max_nodes=…) a larger limit."
    expected = "a game whose states fit"
    if game.horizon is None:
        expected = "a game that ends"
        hint = f"There are more than {max_states:,} states, and an episode may never end: give it a horizon."
    return invalid(expected, "max_nodes", max_states, hint)


class _TableAnswers:
    """The answers of a table, which were checked when the table was made."""

    def __init__(self, game: TabularGame) -> None:
        self._game = game

    def observe(self, state: State) -> tuple[Observation, tuple[int, ...]]:
        return self._game.observations[state], tuple(self._game.P[state])

    def step(self, state: State, action: int) -> Iterable[Outcome]:
        return self._game.P[state][action]

    def check_new(self, state: State, action: int, following: State) -> None:
        """Nothing to check."""


class _CodeAnswers:
    """The answers of a game given as code: the usual ones pass quick checks, the others go through the careful ones."""

    def __init__(self, game: Game, checked: CheckedGame) -> None:
        self._game = game
        self._checked = checked
        self._good: set[tuple[int, ...]] = set()

    def observe(self, state: State) -> tuple[Observation, tuple[int, ...]]:
        seen = self._game.observe(state)
        if not _is_plain(seen):
            check_observation(seen, f"observe({shown(state)})")
        actions = self._game.legal_actions(state)
        if type(actions) in _ROWS:
            row = tuple(actions)
            if row in self._good and set(map(type, row)) == {int}:
                return seen, row
        read = self._checked.read_actions(state, actions)
        if tuple(actions) == read:
            self._good.add(read)
        return seen, read

    def step(self, state: State, action: int) -> Iterable[Outcome]:
        rows: Any = self._game.step(state, action)
        if type(rows) in _ROWS and len(rows) == 1 and type(rows[0]) is tuple and len(rows[0]) == 4:
            chance, _, reward, terminated = rows[0]
            if type(chance) is type(reward) is int and chance == 1 and type(terminated) is bool:
                return rows
        return read_outcomes(rows, f"step({shown(state)}, {action})")

    def check_new(self, state: State, action: int, following: State) -> None:
        if not _is_plain(following):
            check_state(following, f"next_state in step({shown(state)}, {action})")


def _is_plain(value: Any) -> bool:
    """Whether it is a number, text, or a tuple of such: hashable, and equal to another that looks the same."""
    kind = type(value)
    if kind is float:
        return value == value  # noqa: PLR0124 - NaN is not
    if kind is not tuple:
        return kind in _PLAIN
    kinds = set(map(type, value))
    return kinds <= _PLAIN and float not in kinds


class _Numbers:
    """Every different number once. A float and the rational that equals it are different numbers."""

    def __init__(self) -> None:
        self.values: list[Number] = []
        self._known: dict[object, int] = {}

    def of(self, row: list[Number | int]) -> Array:
        """The place of each number of the row; new numbers are added."""
        keys = [value if type(value) is int else (type(value), value.as_integer_ratio()) for value in row]
        for key, value in dict(zip(keys, row, strict=True)).items():
            if key not in self._known:
                self._known[key] = len(self.values)
                self.values.append(number(value, "a reward"))
        return np.fromiter(map(self._known.__getitem__, keys), np.intp, len(keys))


def _floats(values: Iterable[Number]) -> Array:
    return np.array([float(value) for value in values], dtype=np.float64)


def _rationals(values: Iterable[Number]) -> Array:
    return object_array([as_rational(value) for value in values])
