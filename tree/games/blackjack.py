"""Blackjack as Gymnasium plays it: an infinite deck, a dealer who draws to 17, stick or hit; every chance exact."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from typing import TypeAlias

from gradcheck.tree.game import TabularGame
from gradcheck.tree.types import NumberLike

STICK, HIT = 0, 1

#: (sum of the hand, the dealer's card, 1 if an ace in it counts as 11, whether it is a natural that counts as one).
_State: TypeAlias = "tuple[int, int, int, bool]"
_Outcomes: TypeAlias = "list[tuple[Fraction, _State, Fraction, bool]]"

_ACE, _TEN = 1, 10
_DECK = {card: Fraction(4 if card == _TEN else 1, 13) for card in range(_ACE, _TEN + 1)}  # J, Q and K count 10
_DEALER_STANDS = 17
_MOST = 21
_WIN, _DRAW, _LOSS = Fraction(1), Fraction(0), Fraction(-1)


def blackjack(
    *, natural: bool = False, sab: bool = True, horizon: int | None = None, discount: NumberLike = 1
) -> TabularGame:
    """Make the game behind ``gymnasium.make("Blackjack-v1")``, which comes without a table.

    The player sees (sum, the dealer's card, usable ace) and sticks (0) or hits (1). A win is worth 1, a draw 0, a loss
    -1. Both options are those of Gymnasium, with their defaults in Blackjack-v1.

    Good for: real chance, and a hidden state: 21 with a usable ace looks the same to the player whether it came with
    the first two cards, and is a natural, or later.

    Args:
        natural: a win with a natural (an ace and a ten at once) is worth 3/2; ignored with ``sab``.
        sab: as in the book, a natural beats every hand of the dealer's but a natural.
        horizon: the most decisions; by default as many as it takes: every card makes the hand larger.
        discount: between 0 and 1.

    >>> blackjack().step((21, 10, 1, True), STICK)[0]  # a natural wins if the dealer's hidden card is no ace
    (Fraction(12, 13), (21, 10, 1, True), Fraction(1, 1), True)

    Reference:
        Sutton & Barto (2018), *Reinforcement Learning: An Introduction*, example 5.1.
    """
    start: dict[_State, Fraction] = {}
    for dealer, first, second in product(_DECK, repeat=3):
        total, usable = _counted(first + second, has_ace=_ACE in (first, second))
        is_natural = (natural or sab) and {first, second} == {_ACE, _TEN}
        state = (total, dealer, usable, is_natural)
        start[state] = start.get(state, Fraction(0)) + _DECK[dealer] * _DECK[first] * _DECK[second]
    P: dict[_State, dict[int, _Outcomes]] = {}
    waiting = list(start)
    while waiting:
        state = waiting.pop()
        if state not in P:
            hit = _hit(state)
            P[state] = {STICK: _stick(state, natural=natural, sab=sab), HIT: hit}
            waiting.extend(following for _, following, _, terminated in hit if not terminated)
    return TabularGame(P, start, horizon, {state: state[:3] for state in P}, discount)


def _counted(hard: int, *, has_ace: bool) -> tuple[int, int]:
    """The sum of a hand, and whether an ace in it counts as 11; ``hard`` counts all aces as 1."""
    usable = int(has_ace and hard + 10 <= _MOST)
    return hard + 10 * usable, usable


def _hit(state: _State) -> _Outcomes:
    total, dealer, usable, _ = state
    outcomes: _Outcomes = []
    for card, chance in _DECK.items():
        # An ace that cannot count as 11 now cannot do so later, so it need not be remembered.
        after, still_usable = _counted(total - 10 * usable + card, has_ace=bool(usable) or card == _ACE)
        bust = after > _MOST
        outcomes.append((chance, (after, dealer, still_usable, False), _LOSS if bust else _DRAW, bust))
    return outcomes


def _stick(state: _State, *, natural: bool, sab: bool) -> _Outcomes:
    total, dealer, _, is_natural = state
    chance_of: dict[Fraction, Fraction] = {}
    for (dealer_total, dealer_natural), chance in _dealer_ends(dealer, has_ace=dealer == _ACE, cards=1).items():
        reward = _WIN if dealer_total > _MOST or total > dealer_total else _DRAW if total == dealer_total else _LOSS
        if is_natural and sab and not dealer_natural:
            reward = _WIN
        elif is_natural and natural and not sab and reward == _WIN:
            reward = Fraction(3, 2)
        chance_of[reward] = chance_of.get(reward, Fraction(0)) + chance
    return [(chance, state, reward, True) for reward, chance in sorted(chance_of.items(), reverse=True)]


@cache
def _dealer_ends(hard: int, *, has_ace: bool, cards: int) -> dict[tuple[int, bool], Fraction]:
    """How the dealer's hand ends, drawing to 17: the chance of every (sum, whether it is a natural)."""
    total, _ = _counted(hard, has_ace=has_ace)
    if cards > 1 and total >= _DEALER_STANDS:
        return {(total, cards == 2 and total == _MOST): Fraction(1)}
    ends: dict[tuple[int, bool], Fraction] = {}
    for card, chance in _DECK.items():
        after = _dealer_ends(hard + card, has_ace=has_ace or card == _ACE, cards=min(cards + 1, 3))
        for end, chance_after in after.items():
            ends[end] = ends.get(end, Fraction(0)) + chance * chance_after
    return ends
