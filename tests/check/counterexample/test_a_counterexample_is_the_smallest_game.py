"""For mistakes whose smallest game is known, the search finds that game."""

from fractions import Fraction

import pytest

from gradcheck import TabularGame
from gradcheck.checking.counterexample.search import find_counterexample
from gradcheck.games import uniform_policy

ONE, FIRST, SECOND = (1,), (1, 0), (0, 1)
TWO_ARMS = TabularGame({ONE: {0: [(1, "end", 0, True)], 1: [(1, "end", 1, True)]}}, ONE, 1)
#: The reward comes a step after the only decision.
LATER = TabularGame(
    {FIRST: {0: [(1, "end", 0, True)], 1: [(1, SECOND, 0, False)]}, SECOND: {0: [(1, "end", 1, True)]}}, FIRST, 2
)
#: Lose, win, or wait; of those who wait, some win later, in a longer episode.
WAIT = {ONE: {0: [(1, "end", 0, True)], 1: [(1, "end", 1, True)], 2: [(1, ONE, 0, False)]}}


@pytest.mark.parametrize(
    ("name", "game", "batch"),
    [
        ("wrong_sign", TWO_ARMS, 1),
        ("pairs_only", TWO_ARMS, 2),
        ("immediate_reward", LATER, 1),
        ("by_length", TabularGame(WAIT, ONE, 2), 1),
        ("third_step_lost", TabularGame(WAIT, ONE, 3), 1),
    ],
)
def test_a_known_minimum_is_on_the_ladder(name, game, batch, losses, turns):
    found = find_counterexample(turns(getattr(losses, name)), seed=0)
    assert (found.game, found.batch) == (game, batch)
    assert found.policy == uniform_policy(game)


@pytest.mark.parametrize("seed", range(3))
def test_what_no_rung_shows_is_drawn_and_shrunk(seed, losses, turns):
    """Long episodes from the second start count negatively: two starts, a second step, one reward."""
    found = find_counterexample(turns(losses.long_texts_of_a_prompt), seed=seed, batches=(1, 2))
    rewards = sorted(outcome[2] for row in found.game.P.values() for outcomes in row.values() for outcome in outcomes)
    assert (len(found.game.start), found.game.horizon, found.batch) == (2, 2, 1)
    assert rewards == [0] * (len(rewards) - 1) + [1]
    assert len(rewards) <= 4
    assert found.policy == uniform_policy(found.game)


def test_without_any_reward_only_an_uneven_policy_shows_a_bonus_for_entropy(losses, turns):
    def with_bonus(policy, episodes):
        logits = policy(episodes.observations)
        return losses.right(policy, episodes) + (logits.softmax(-1) * logits.log_softmax(-1)).mean()

    found = find_counterexample(turns(with_bonus), seed=0)
    assert {outcome[2] for row in found.game.P.values() for (outcome,) in row.values()} == {0}
    assert found.policy == {ONE: (Fraction(2, 3), Fraction(1, 3))}


def test_a_lost_discount_needs_two_decisions_in_a_discounted_game(losses, turns):
    """Future returns, discounted from each step, are right in an undiscounted game only: γ^t is missing."""
    found = find_counterexample(turns(losses.right), seed=0, batches=(1,), discount="1/2")
    assert (found.game.discount, found.game.horizon, found.batch) == (Fraction(1, 2), 2, 1)
    assert found.policy == uniform_policy(found.game)


def test_what_is_found_fails_and_the_right_loss_does_not_fail_there(losses, turns):
    for name in ("wrong_sign", "immediate_reward", "by_length", "long_texts_of_a_prompt"):
        found = find_counterexample(turns(getattr(losses, name)), seed=1, batches=(1, 2))
        where = (found.game, found.policy, found.batch)
        assert turns(getattr(losses, name))(*where)
        assert not turns(losses.right)(*where)


def test_control_the_right_loss_has_no_counterexample(losses, turns):
    assert find_counterexample(turns(losses.right), seed=0, max_examples=80, batches=(1, 2)) is None
