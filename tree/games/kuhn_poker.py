"""Kuhn poker: three cards, two players, one chip each in the pot and one more to bet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import probabilities
from gradcheck.tree.types import Number

if TYPE_CHECKING:
    from gradcheck.tree.values.policy_table import PolicyTable

PASS, BET = 0, 1
JACK, QUEEN, KING = 0, 1, 2
BOTH = "both"
NOT_YET = -1  # in an observation: the move was not made

_UNDECIDED = ((), (PASS,), (BET,), (PASS, BET))  # after which somebody acts
_FOLDED = {(BET, PASS): 1, (PASS, BET, PASS): -1}  # to player 0
_SHOWDOWN = {(PASS, PASS): 1, (BET, BET): 2, (PASS, BET, BET): 2}  # to whoever has the higher card

_Moves: TypeAlias = "tuple[int, ...]"
_Deal: TypeAlias = "tuple[int, int]"
#: What a player sees: its card, and the first two moves, -1 where there was none yet.
_Seen: TypeAlias = "tuple[int, int, int]"
_Rows: TypeAlias = "Mapping[_Seen, tuple[Number, ...]]"

_OBSERVATIONS: tuple[tuple[_Seen, ...], ...] = (
    tuple((card, *moves) for moves in ((NOT_YET, NOT_YET), (PASS, BET)) for card in (JACK, QUEEN, KING)),
    tuple((card, move, NOT_YET) for move in (PASS, BET) for card in (JACK, QUEEN, KING)),
)


def kuhn_poker(player: int | Literal["both"] = 0, opponent: PolicyTable | None = None) -> TabularGame:
    """Kuhn poker, with the reward of the learning player.

    Both put one chip into the pot and get one of three cards, jack, queen and king. Player 0 passes (action 0) or bets
    a chip (action 1), then player 1; where player 0 has passed and player 1 bet, player 0 decides once more. Passing
    after a bet gives up the pot; else the higher card takes it. (Kuhn 1950, "A simplified two-person poker".)

    A player sees ``(card, first move, second move)``, where a move that was not made yet is -1: numbers that a network
    can read, and in which the two players' decisions differ.

    Good for: partial observability, where each observation stands for two deals; losses that take the other player's
    view, or its reward; and, with both players learning, the gradient of player 0's gain in the decisions of both,
    which for player 1 is the descent direction.

    Args:
        player: who learns, 0 or 1, or ``"both"``: then every decision is the policy's, and the reward is player 0's.
        opponent: how the other plays, ``{(card, first move, second move): (pass, bet)}``; uniformly by default.

    Raises:
        InvalidArgument: if ``player`` is none of these, or the opponent's table lacks a row or has a bad one.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> [count_histories(kuhn_poker(player)).uniform_return for player in (0, 1, "both")]
    [Fraction(1, 8), Fraction(-1, 8), Fraction(1, 8)]
    """
    if isinstance(player, bool) or not isinstance(player, int | str) or player not in (0, 1, BOTH):
        raise invalid('player 0 or 1, or "both"', "player", player)
    if player == BOTH:
        if opponent is not None:
            hint = "Every decision is the policy's: leave it out."
            raise invalid('no opponent where player="both"', "opponent", opponent, hint)
        fixed: _Rows = {}
    else:
        fixed = _rows(opponent, _OBSERVATIONS[1 - int(player)])
    sign = -1 if player == 1 else 1

    def until_a_decision(deal: _Deal, moves: _Moves) -> Iterator[tuple[Number, _Moves, int, bool]]:
        """Where the policy acts next, or the game is over: (probability, moves, reward, over)."""
        gain, row = _gain(deal, moves), fixed.get(_seen(deal, moves))
        if gain is not None:
            yield Fraction(1), moves, sign * gain, True
        elif row is None:
            yield Fraction(1), moves, 0, False
        else:
            for move, chance in enumerate(row):
                if chance:
                    for later, at, reward, over in until_a_decision(deal, (*moves, move)):
                        yield chance * later, at, reward, over

    def outcomes(deal: _Deal, moves: _Moves) -> list[tuple[Number, str, int, bool]]:
        return [(chance, _name(deal, at), reward, over) for chance, at, reward, over in until_a_decision(deal, moves)]

    deals = tuple(permutations((JACK, QUEEN, KING), 2))
    decisions = [(deal, moves) for deal in deals for moves in _UNDECIDED if _seen(deal, moves) not in fixed]
    return TabularGame(
        {
            _name(deal, moves): {move: outcomes(deal, (*moves, move)) for move in (PASS, BET)}
            for deal, moves in decisions
        },
        {state: chance / len(deals) for deal in deals for chance, state, _, _ in outcomes(deal, ())},
        horizon=None,
        observations={_name(deal, moves): _seen(deal, moves) for deal, moves in decisions},
    )


def _seen(deal: _Deal, moves: _Moves) -> _Seen:
    first, second, *_ = (*moves, NOT_YET, NOT_YET)
    return deal[len(moves) % 2], first, second


def _gain(deal: _Deal, moves: _Moves) -> int | None:
    """What player 0 has gained; None where the game goes on."""
    if moves in _SHOWDOWN:
        return _SHOWDOWN[moves] if deal[0] > deal[1] else -_SHOWDOWN[moves]
    return _FOLDED.get(moves)


def _name(deal: _Deal, moves: _Moves) -> str:
    return " ".join(("JQK"[deal[0]] + "JQK"[deal[1]], *(("pass", "bet")[move] for move in moves)))


def _rows(opponent: PolicyTable | None, observations: Sequence[_Seen]) -> _Rows:
    """The opponent's table, checked; uniform without one."""
    if opponent is None:
        return dict.fromkeys(observations, (Fraction(1, 2), Fraction(1, 2)))
    if not isinstance(opponent, Mapping):
        raise invalid("a table {(card, first move, second move): (pass, bet)}", "opponent", opponent)
    for seen in opponent:
        if seen not in observations:
            hint = f"The opponent sees {', '.join(map(str, observations))}."
            raise invalid("an observation of the opponent's", "an observation in opponent", seen, hint)
    rows: dict[_Seen, tuple[Number, ...]] = {}
    for seen in observations:
        if seen not in opponent:
            hint = f"The observation {seen} is missing."
            raise invalid("a row for every observation of the opponent's", "opponent", opponent, hint)
        row, name = opponent[seen], f"opponent[{seen}]"
        values = [row[move] for move in (PASS, BET) if move in row] if isinstance(row, Mapping) else row
        if isinstance(values, str) or not isinstance(values, Sequence) or len(values) != 2 or len(row) != 2:
            raise invalid("two probabilities, to pass and to bet", name, row)
        rows[seen] = probabilities(values, name, given=row)
    return rows
