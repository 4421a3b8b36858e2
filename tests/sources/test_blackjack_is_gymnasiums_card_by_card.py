"""The table of Blackjack is what Gymnasium's own code does, for every sequence of cards that can be drawn.

Gymnasium's environment draws its cards from a generator; here the generator deals a prepared sequence, and asks for a
longer one where it runs out. So its rules are run, not retold, and every chance is an exact sum.
"""

from collections import Counter
from fractions import Fraction

import pytest

from gradcheck.tree.games.blackjack import HIT, STICK, blackjack
from gradcheck.tree.sources.optional_dependency import optional_module

environment = optional_module("gymnasium.envs.toy_text.blackjack", "gymnasium")
OPTIONS = [(False, True), (True, False), (False, False)]
CARDS = {card: Fraction(count, 13) for card, count in Counter(environment.deck).items()}


class OutOfCards(Exception):
    pass


class Prepared:
    """In the place of a random generator."""

    def __init__(self, cards):
        self.cards = list(cards)

    def choice(self, options):
        if options != environment.deck:
            return options[0]  # the suits, which are for the picture alone
        if not self.cards:
            raise OutOfCards
        return self.cards.pop(0)


def every_way(env, play):
    """What play() returns for every sequence of cards, with the probability of each answer."""
    answers = Counter()
    waiting = [((), Fraction(1))]
    while waiting:
        cards, chance = waiting.pop()
        env.np_random = Prepared(cards)
        try:
            answers[play()] += chance
        except OutOfCards:
            waiting += [((*cards, card), chance * one) for card, one in CARDS.items()]
    return dict(answers)


def ends_of_the_dealer(up):
    """A hand for every way the dealer can end, as (sum, whether it is a natural), with its probability."""
    env = environment.BlackjackEnv()
    hands = {}

    def play():
        env.player, env.dealer = [10, 10], [up, environment.draw_card(env.np_random)]
        env.step(STICK)
        end = environment.sum_hand(env.dealer), environment.is_natural(env.dealer)
        hands[end] = env.dealer
        return end

    return [(hands[end], chance) for end, chance in every_way(env, play).items()]


def hand_of(state):
    """Cards that make the state."""
    total, _, usable, natural = state
    if natural:
        return [1, 10]
    if usable:
        return [1, total - 11] if total < 21 else [1, 4, 6]
    return [2, total - 2] if total < 13 else [10, total - 10] if total < 21 else [10, 9, 2]


@pytest.fixture(scope="module")
def dealers():
    return {up: ends_of_the_dealer(up) for up in CARDS}


@pytest.fixture(params=OPTIONS, ids=lambda option: "sab" if option[1] else "natural" if option[0] else "neither")
def both(request):
    natural, sab = request.param
    return blackjack(natural=natural, sab=sab), environment.BlackjackEnv(natural=natural, sab=sab)


def table_of(rows):
    """What the player notices of outcomes: (observation, reward, terminated), with the probabilities."""
    noticed = Counter()
    for chance, following, reward, terminated in rows:
        noticed[following[:3], reward, terminated] += chance
    return dict(noticed)


def test_the_hands_make_the_states(both):
    game, env = both
    for state in game.P:
        env.player, env.dealer = hand_of(state), [state[1], 10]
        assert env._get_obs() == game.observe(state)
        # A natural is a state of its own only where it can pay.
        assert state[3] == (environment.is_natural(env.player) and (env.sab or env.natural))


def test_the_start(both):
    game, env = both

    def play():
        observation, _ = env.reset()
        return observation, environment.is_natural(env.player) and (env.sab or env.natural)

    ours = {(state[:3], state[3]): chance for chance, state in game.starts()}
    assert ours == every_way(env, play)


def test_every_hit(both):
    game, env = both
    for state in game.P:

        def play(state=state):
            env.player, env.dealer = hand_of(state), [state[1], 10]
            observation, reward, terminated, _, _ = env.step(HIT)
            return observation, reward, terminated

        assert table_of(game.step(state, HIT)) == every_way(env, play)


def test_every_stick(both, dealers):
    game, env = both
    for state in game.P:
        theirs = Counter()
        for hand, chance in dealers[state[1]]:
            env.player, env.dealer = hand_of(state), list(hand)
            observation, reward, terminated, _, _ = env.step(STICK)
            theirs[observation, reward, terminated] += chance
        assert table_of(game.step(state, STICK)) == dict(theirs)


def test_control_other_options_would_be_noticed(dealers):
    env = environment.BlackjackEnv(natural=True, sab=False)
    natural = (21, 10, 1, True)
    theirs = Counter()
    for hand, chance in dealers[10]:
        env.player, env.dealer = [1, 10], list(hand)
        theirs[env.step(STICK)[1]] += chance
    found = {
        sab: {reward: chance for chance, _, reward, _ in blackjack(natural=True, sab=sab).step(natural, STICK)}
        for sab in (False, True)
    }
    assert found[False] == dict(theirs) != found[True]
