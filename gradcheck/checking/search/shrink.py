"""A rough game on which a loss fails → the simplest on which it still does, a change at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from gradcheck.checking.search.rough_game import END, Batch, RoughGame, num_episodes, tidy
from gradcheck.checking.search.simpler import simpler


def shrink(
    game: RoughGame,
    fails: Callable[[RoughGame], bool],
    *,
    sizes: Sequence[Batch],
    tables: bool,
    numbers: Sequence[float],
    most: int,
) -> RoughGame:
    """Change one thing at a time, the largest first, as long as the loss fails, until nothing makes it simpler.

    Args:
        game: on which it fails.
        fails: asked about no game twice.
        sizes: batch sizes that may be tried in place of its own.
        tables: whether the policy may become a table.
        numbers: rewards that count as simple, besides small whole numbers.
        most: how often ``fails`` is asked at most.
    """
    asked, before = {game}, None
    while before != game:
        before = game
        for other in map(tidy, simpler(game, sizes=sizes, tables=tables, numbers=numbers)):
            if other in asked or cost(other) >= cost(game):
                continue
            if len(asked) > most:
                return game
            asked.add(other)
            if fails(other):
                game = other
                break
    return game


def cost(game: RoughGame) -> tuple[float | Fraction, ...]:
    """How complicated it is: what counts most comes first, and every change in ``simpler`` makes it less."""
    outcomes = game.outcomes
    features = [number for row in game.features for number in row]
    rough = sum(number not in (0, 1) for number in features)
    return (
        num_episodes(game.batch),
        len(game.rows),
        game.num_actions,
        len(outcomes),
        game.horizon,
        len(game.starts),
        sum(outcome.to != END for outcome in outcomes),
        game.is_layer,
        len(game.seen) - len(game.features),
        sum(not _is_unit(row, place) for place, row in enumerate(game.features)),
        rough,
        len(features),
        sum(sum(row) for row in game.odds),
        sum(outcome.weight for outcome in outcomes) + sum(weight for _, weight in game.starts),
        sum(_cost_of_a_reward(outcome.reward) for outcome in outcomes),
    )


def _is_unit(row: tuple[float, ...], place: int) -> bool:
    return all(number == (column == place) for column, number in enumerate(row))


def _cost_of_a_reward(reward: Fraction) -> Fraction:
    return abs(reward) + 1_000 * (reward.denominator - 1) + Fraction(int(reward < 0), 2)
