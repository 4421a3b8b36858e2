"""A rough game → all that are simpler by one change, those that lose most first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from gradcheck.checking.search.rough_game import END, Batch, Outcome, RoughGame


def simpler(game: RoughGame, *, sizes: Sequence[Batch], tables: bool, numbers: Sequence[float]) -> Iterator[RoughGame]:
    """What is left after one simplification."""
    yield from (replace(game, batch=batch) for batch in sizes)
    yield from (replace(game, horizon=horizon) for horizon in range(1, game.horizon))
    yield from _fewer_states(game)
    yield from _fewer_starts(game)
    yield from (_without_action(game, action) for action in range(game.num_actions) if game.num_actions > 2)
    yield from _fewer_outcomes(game)
    yield from _simpler_policies(game, tables=tables)
    yield from _simpler_observations(game)
    yield from _simpler_rewards(game, numbers)
    yield from _simpler_odds(game)


def _fewer_states(game: RoughGame) -> Iterator[RoughGame]:
    """One state less: the end stands in its place, or another state."""
    for state in range(len(game.rows)):
        starts = tuple(start for start in game.starts if start[0] != state)
        if starts:
            for other in (END, *range(len(game.rows))):
                if other != state:
                    yield replace(_with_outcomes(game, lambda o, s=state, t=other: _led(o, s, t)), starts=starts)


def _led(outcome: Outcome, state: int, other: int) -> Outcome:
    return outcome._replace(to=other) if outcome.to == state else outcome


def _fewer_starts(game: RoughGame) -> Iterator[RoughGame]:
    for start in game.starts if len(game.starts) > 1 else ():
        yield replace(game, starts=tuple(other for other in game.starts if other != start))
    yield replace(game, starts=tuple((state, 1) for state, _ in game.starts))


def _without_action(game: RoughGame, action: int) -> RoughGame:
    rows = tuple(row[:action] + row[action + 1 :] for row in game.rows)
    if game.is_layer:
        return replace(game, rows=rows, odds=game.odds[:action] + game.odds[action + 1 :])
    return replace(game, rows=rows, odds=tuple(row[:action] + row[action + 1 :] for row in game.odds))


def _fewer_outcomes(game: RoughGame) -> Iterator[RoughGame]:
    for state, row in enumerate(game.rows):
        for action, outcomes in enumerate(row):
            for place, outcome in enumerate(outcomes):
                if len(outcomes) > 1:
                    yield _with_row(game, state, action, outcomes[:place] + outcomes[place + 1 :])
                if outcome.to != END:
                    yield _with(game, state, action, place, outcome._replace(to=END))
    yield _with_outcomes(game, lambda outcome: outcome._replace(weight=1))


def _simpler_policies(game: RoughGame, *, tables: bool) -> Iterator[RoughGame]:
    yield replace(game, odds=tuple((1,) * len(row) for row in game.odds))
    if game.is_layer and tables:
        uniform = tuple((1,) * game.num_actions for _ in game.features)
        yield replace(game, is_layer=False, odds=uniform)
        uneven = tuple((2, *[1] * (game.num_actions - 1)) for _ in game.features)
        yield replace(game, is_layer=False, odds=uneven)


def _simpler_observations(game: RoughGame) -> Iterator[RoughGame]:
    """Unit vectors, one for each state or for each that there is now; else simpler numbers, and fewer of them."""
    states, width = len(game.rows), len(game.features[0])
    if not game.is_layer:
        yield replace(
            game, seen=tuple(range(states)), features=_units(states), odds=tuple(map(game.odds.__getitem__, game.seen))
        )
        yield replace(game, features=_units(len(game.features)))
    else:
        for count, seen in ((states, tuple(range(states))), (len(game.features), game.seen)):
            odds = tuple((*[row[0]] * count, row[-1]) for row in game.odds)
            yield replace(game, seen=seen, features=_units(count), odds=odds)
    for column in range(width if width > 1 else 0):
        features = tuple(row[:column] + row[column + 1 :] for row in game.features)
        odds = tuple(row[:column] + row[column + 1 :] for row in game.odds) if game.is_layer else game.odds
        if len(set(features)) == len(features):
            yield replace(game, features=features, odds=odds)
    for place, row in enumerate(game.features):
        for column, number in enumerate(row):
            for other in (0, 1) if number not in (0, 1) else ():
                features = (
                    *game.features[:place],
                    (*row[:column], other, *row[column + 1 :]),
                    *game.features[place + 1 :],
                )
                if len(set(features)) == len(features):
                    yield replace(game, features=features)


def _units(count: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(one == other) for other in range(count)) for one in range(count))


def _simpler_rewards(game: RoughGame, numbers: Sequence[float]) -> Iterator[RoughGame]:
    simple = [*map(Fraction, (0, 1, -1, 2)), *(Fraction(number).limit_denominator(10_000) for number in numbers)]
    for state, row in enumerate(game.rows):
        for action, outcomes in enumerate(row):
            for place, outcome in enumerate(outcomes):
                rounded = Fraction(round(outcome.reward))
                for reward in (*simple, rounded, Fraction(int(outcome.reward / 2)), rounded - 1, rounded + 1):
                    yield _with(game, state, action, place, outcome._replace(reward=reward))


def _simpler_odds(game: RoughGame) -> Iterator[RoughGame]:
    for place, row in enumerate(game.odds):
        for column, number in enumerate(row):
            for other in range(1, min(number, 4)):
                odds = (*game.odds[:place], (*row[:column], other, *row[column + 1 :]), *game.odds[place + 1 :])
                yield replace(game, odds=odds)


def _with_outcomes(game: RoughGame, change: Callable[[Outcome], Outcome]) -> RoughGame:
    return replace(game, rows=tuple(tuple(tuple(map(change, outcomes)) for outcomes in row) for row in game.rows))


def _with_row(game: RoughGame, state: int, action: int, outcomes: tuple[Outcome, ...]) -> RoughGame:
    rows = [list(row) for row in game.rows]
    rows[state][action] = outcomes
    return replace(game, rows=tuple(map(tuple, rows)))


def _with(game: RoughGame, state: int, action: int, place: int, outcome: Outcome) -> RoughGame:
    outcomes = game.rows[state][action]
    return _with_row(game, state, action, (*outcomes[:place], outcome, *outcomes[place + 1 :]))
