"""What a game is worth, counted history by history: nothing of gradcheck is used but the game's own answers."""

from fractions import Fraction
from math import prod

import pytest


def histories(game):
    """Every history to its end: [(probability of chance, [(observation, action)], discounted return)]."""

    def after(state, time):
        for action in game.legal_actions(state):
            for chance, following, reward, terminated in game.step(state, action):
                first = (game.observe(state), action)
                if terminated or time + 1 == game.horizon:
                    yield chance, [first], reward
                else:
                    for later, rest, gain in after(following, time + 1):
                        yield chance * later, [first, *rest], reward + game.discount * gain

    for chance, state in game.starts():
        for later, steps, gain in after(state, 0):
            yield chance * later, steps, gain


def worth(game, policy=None):
    """The expected return; the policy is {observation: probabilities}, uniform over what is legal without one."""
    legal = {game.observe(state): len(game.legal_actions(state)) for state in game.P}
    total = Fraction(0)
    for chance, steps, gain in histories(game):
        played = [Fraction(1, legal[seen]) if policy is None else Fraction(policy[seen][a]) for seen, a in steps]
        total += chance * prod(played) * gain
    return total


@pytest.fixture(name="histories", scope="session")
def histories_fixture():
    return histories


@pytest.fixture(name="worth", scope="session")
def worth_fixture():
    return worth
