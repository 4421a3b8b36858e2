"""Random finite games, from a seed or from any other source of choices."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import whole_number

_MAX_OUTCOMES = 100_000  # of a table: seconds
_LARGEST_REWARD, _LARGEST_DENOMINATOR, _LARGEST_WEIGHT = 10, 3, 5


def random_game(
    seed: int,
    *,
    states: int = 4,
    actions: int = 2,
    observations: int | None = None,
    horizon: int | None = 3,
    outcomes: int = 2,
    starts: int = 1,
    illegal: bool = False,
    discount: NumberLike = 1,
) -> TabularGame:
    """A random game; the same seed and options give the same game, on every machine and with every Python.

    Every number in it is rational. Rewards are between -10 and 10 with denominators up to 3; an outcome ends the
    episode with probability 1/4.

    The numbers come from ``random.Random(seed).random()`` alone: of all generators, Python promises to keep this one's
    sequence from version to version ("Notes on Reproducibility" in the documentation of ``random``); ``randrange``,
    ``choice`` and numpy's distributions have no such promise. What is made of it, by multiplying and rounding down, is
    the same in every IEEE 754 arithmetic.

    Good for: what nobody thought of. A loss that is right in every game written by hand may still be wrong where
    chance, shared observations, unequal lengths and rewards of both signs come together; run over seeds 0, 1, 2, … such
    games also say *how* wrong, on average.

    Args:
        seed: 0, 1, 2, …
        states: how many there are; not all of them need be reachable.
        actions: how many there are.
        observations: how many the states share; by default each state has its own.
        horizon: the number of steps after which every episode ends. None: no state can come again.
        outcomes: the most that can happen after an action; 1 for a game without chance.
        starts: in how many states an episode can begin.
        illegal: whether some actions are illegal in some observations.
        discount: between 0 and 1.

    Raises:
        InvalidArgument: if a number is out of range, or the table would have more than 100,000 outcomes.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(random_game(0)).uniform_return
    Fraction(1493, 3584)
    """
    read = whole_number(seed, "seed", least=0)
    num_states = whole_number(states, "states", most=_MAX_OUTCOMES)
    num_actions = whole_number(actions, "actions", most=_MAX_OUTCOMES)
    most = whole_number(outcomes, "outcomes", most=_MAX_OUTCOMES)
    if num_states * num_actions * most > _MAX_OUTCOMES:
        hint = "states × actions × outcomes is the size of the table."
        raise invalid(f"a table of at most {_MAX_OUTCOMES:,} outcomes", "states", states, hint)
    if not isinstance(illegal, bool):
        raise invalid("True or False", "illegal", illegal)
    source = Random(read)
    return drawn_game(
        lambda count: int(source.random() * count),
        states=num_states,
        actions=num_actions,
        observations=num_states if observations is None else whole_number(observations, "observations", 1, num_states),
        horizon=horizon,
        outcomes=most,
        starts=whole_number(starts, "starts", 1, num_states),
        illegal=illegal,
        discount=discount,
    )


def drawn_game(
    below: Callable[[int], int],
    *,
    states: int,
    actions: int,
    observations: int,
    horizon: int | None,
    outcomes: int,
    starts: int,
    illegal: bool,
    discount: NumberLike,
    impossible: bool = False,
) -> TabularGame:
    """Make a game from choices; choosing 0 throughout makes the simplest one.

    Args:
        below: ``below(n)`` chooses one of 0 … n - 1.
        states: how many there are.
        actions: how many there are.
        observations: how many the states share, at most ``states``.
        horizon: the number of steps after which every episode ends. None: no state can come again.
        outcomes: the most that can happen after an action.
        starts: in how many states an episode can begin, at most ``states``.
        illegal: whether some actions are illegal in some observations.
        discount: between 0 and 1.
        impossible: whether outcomes may have probability 0.
    """

    def weights(count: int, least: int) -> list[Fraction]:
        drawn = [least + below(_LARGEST_WEIGHT) for _ in range(count)]
        drawn[0] = drawn[0] if any(drawn) else 1
        return [Fraction(weight, sum(drawn)) for weight in drawn]

    def legal(observation: int) -> list[int]:
        """At least one; in the first observation all of them, so that the game has as many as it was asked for."""
        kept = (
            [action for action in range(actions) if below(3) < 2] if illegal and observation else list(range(actions))
        )
        return kept or [below(actions)]

    def outcome(state: int, chance: Fraction) -> tuple[Fraction, int, Fraction, bool]:
        size = below(2 * _LARGEST_REWARD + 1)  # 0, 1, -1, 2, -2, …
        reward = Fraction((size + 1) // 2 * (1 if size % 2 else -1), 1 + below(_LARGEST_DENOMINATOR))
        first = 0 if horizon is not None else state + 1
        goes_on = below(4) > 0 and first < states
        return chance, first + below(states - first) if goes_on else states, reward, not goes_on

    seen = [state if state < observations else below(observations) for state in range(states)]
    allowed = [legal(observation) for observation in range(observations)]
    return TabularGame(
        {
            state: {
                action: [outcome(state, chance) for chance in weights(1 + below(outcomes), 0 if impossible else 1)]
                for action in allowed[seen[state]]
            }
            for state in range(states)
        },
        dict(enumerate(weights(starts, 1))),
        horizon=horizon,
        observations={state: (seen[state],) for state in range(states)},
        discount=discount,
    )
