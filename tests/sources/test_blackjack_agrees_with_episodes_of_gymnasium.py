"""Monte Carlo: episodes played in ``gymnasium.make("Blackjack-v1")`` agree with the exact game.

How often something happens in N episodes is binomial, so by Chernoff's bound N KL(frequency, probability) exceeds
log(2/a) with probability at most a. A mean of returns obeys Hoeffding's inequality. Each test calls a right model wrong
with probability at most 1e-6 in all; the seeds are fixed, so the tests cannot flake.
"""

from collections import Counter
from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest

from gradcheck import expected_return
from gradcheck.tree.games.blackjack import HIT, STICK, blackjack
from gradcheck.tree.sources.optional_dependency import optional_module

gymnasium = optional_module("gymnasium", "gymnasium")

FALSE_ALARM = 1e-6
EPISODES = 20_000
OPTIONS = [{}, {"sab": False, "natural": True}, {"sab": False, "natural": False}]


def hits(observation):
    """A policy that depends on all that is seen: the chance to hit, in tenths."""
    total, dealer, usable = observation
    return min(9, max(1, 21 - total)) if usable else (8 if total < 14 else 4 if dealer > 6 or dealer == 1 else 1)


def played(options, seed=0):
    """First observations and returns of episodes."""
    env = gymnasium.make("Blackjack-v1", **options)
    rng = np.random.default_rng(seed)
    first, returns = [], []
    observation, _ = env.reset(seed=seed)
    for _ in range(EPISODES):
        first.append(observation)
        terminated, total = False, 0.0
        while not terminated:
            action = HIT if rng.random() < hits(observation) / 10 else STICK
            observation, reward, terminated, _, _ = env.step(action)
            total += reward
        returns.append(total)
        observation, _ = env.reset()
    return first, returns


def divergence(frequency, probability):
    """Kullback and Leibler's, between two coins."""
    pairs = (frequency, probability), (1 - frequency, 1 - probability)
    return sum(p * log(p / q) if q else float("inf") for p, q in pairs if p)


def agree(seen, probabilities):
    """Whether all frequencies are within Chernoff's bound, FALSE_ALARM shared among them."""
    counts = Counter(seen)
    limit = log(2 * len(probabilities) / FALSE_ALARM) / len(seen)
    impossible = set(counts) - set(probabilities)
    return not impossible and all(
        divergence(counts[value] / len(seen), float(probability)) <= limit
        for value, probability in probabilities.items()
    )


def law_of_starts(game):
    law = Counter()
    for chance, state in game.starts():
        law[game.observe(state)] += chance
    return law


def law_of_returns(game):
    """Probabilities sent forwards through the game; only the last step pays."""
    law, here = Counter(), {state: chance for chance, state in game.starts()}
    while here:
        after = Counter()
        for state, reach in here.items():
            hit = Fraction(hits(game.observe(state)), 10)
            for action, chosen in ((STICK, 1 - hit), (HIT, hit)):
                for chance, following, reward, terminated in game.step(state, action):
                    (law if terminated else after)[reward if terminated else following] += reach * chosen * chance
        here = after
    return law


@pytest.fixture(scope="module", params=OPTIONS, ids=str)
def episodes(request):
    return request.param, *played(request.param)


def test_first_observations(episodes):
    options, first, _ = episodes
    assert agree(first, law_of_starts(blackjack(**options)))


def test_returns(episodes):
    options, _, returns = episodes
    law = law_of_returns(blackjack(**options))
    assert sum(law.values()) == 1
    assert agree(returns, law)


def test_the_mean_return(episodes):
    options, _, returns = episodes
    game = blackjack(**options)
    policy = {
        seen: (1 - Fraction(hits(seen), 10), Fraction(hits(seen), 10)) for seen in set(game.observations.values())
    }
    truth = expected_return(game, policy)
    assert truth == sum(value * chance for value, chance in law_of_returns(game).items())
    bound = 2.5 * sqrt(log(2 / FALSE_ALARM) / (2 * EPISODES))  # returns are between -1 and 1.5
    assert abs(np.mean(returns) - float(truth)) <= bound


def test_control_other_rules_would_be_noticed():
    first, returns = played({"sab": False, "natural": True})
    assert agree(returns, law_of_returns(blackjack(sab=False, natural=True)))
    assert not agree(returns, law_of_returns(blackjack(sab=False, natural=False)))
    assert not agree(returns, law_of_returns(blackjack(sab=True)))
    assert not agree([(total, 11 - dealer, usable) for total, dealer, usable in first], law_of_starts(blackjack()))
