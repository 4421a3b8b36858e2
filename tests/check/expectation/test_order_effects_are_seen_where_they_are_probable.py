"""Claim: the order of what is drawn independently is taken into account wherever it matters, however rarely listed."""

import itertools

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, check, unroll
from gradcheck.estimators.distributions import action_log_probs
from gradcheck.estimators.episode_list import all_episodes
from tests.exhaustive import the_first

QUICK = {"all_conditions": False, "counterexample": False}


def corridor(steps, goal=0.35):
    """So many binary steps; where all of them are 1 the episode has reached the goal, with probability ``goal``."""
    table, observations = {}, {}

    def grow(taken):
        table[taken], observations[taken] = {}, (float(len(taken)), float(all(taken)))
        for action in (0, 1):
            after, over = (*taken, action), len(taken) + 1 == steps
            table[taken][action] = [(1, "end" if over else after, int(over and all(after)), over)]
            if not over:
                grow(after)

    grow(())
    game = TabularGame(table, (), steps, observations=observations)
    one = goal ** (1 / steps)
    return game, TabularPolicy(game, {seen: [1 - one, one] for seen in observations.values()})


def goals(episodes):
    total = torch.zeros(episodes.num_episodes, dtype=torch.float64)
    return total.index_add(0, episodes.episode_index, episodes.rewards)


def scored(policy, episodes, weights):
    log_probs = action_log_probs(policy, episodes)
    return -(log_probs * episodes.future_returns * weights[episodes.episode_index]).sum() / episodes.num_episodes


def without_the_first_if_it_alone_won(policy, episodes):
    won, weights = goals(episodes), torch.ones(episodes.num_episodes, dtype=torch.float64)
    if won[0] > 0 and not won[1:].any():
        weights[0] = 0
    return scored(policy, episodes, weights)


def doubled_if_the_last_alone_won(policy, episodes):
    won, weights = goals(episodes), torch.ones(episodes.num_episodes, dtype=torch.float64)
    weights[-1] += ((won[-1] > 0) & (won.sum() == 1)).double()
    return scored(policy, episodes, weights)


def by_the_rank_of_the_third(policy, episodes):
    weights = torch.ones(episodes.num_episodes, dtype=torch.float64)
    if episodes.num_episodes > 2:
        won = goals(episodes)
        weights = weights + 0.5 * (won[2] > won[:2].min()).double()
    return scored(policy, episodes, weights)


def every_episode_alike(policy, episodes):
    return scored(policy, episodes, torch.ones(episodes.num_episodes, dtype=torch.float64))


def by_loops(loss, game, policy, batch):
    """Minus the expected gradient, over all sequences of episodes."""
    listed = all_episodes(unroll(game), policy)
    total = 0
    for chosen in itertools.product(range(listed.count), repeat=batch):
        chance = float(listed.probabilities[list(chosen)].prod())
        (gradient,) = torch.autograd.grad(loss(policy, listed.episodes.select(list(chosen))), list(policy.parameters()))
        total = total - chance * gradient
    return total.reshape(-1)


@pytest.mark.parametrize(
    ("loss", "steps"),
    [
        (without_the_first_if_it_alone_won, 5),
        (without_the_first_if_it_alone_won, 6),
        (doubled_if_the_last_alone_won, 5),
    ],
)
def test_one_likely_episode_of_many(loss, steps):
    game, policy = corridor(steps)
    result = check(loss, game, policy, batch=2, **QUICK)
    assert result.relative_bias > 0.05
    assert torch.allclose(result.expected_gradient, by_loops(loss, game, policy, 2), atol=1e-12)


def test_the_third_of_three():
    game, policy = corridor(3)
    result = check(by_the_rank_of_the_third, game, policy, batch=3, max_batches=600, **QUICK)
    assert torch.allclose(result.expected_gradient, by_loops(by_the_rank_of_the_third, game, policy, 3), atol=1e-12)


def test_the_unit_of_the_loss_does_not_matter():
    factor = 1e-10
    game, policy = corridor(5)

    def scaled(policy, episodes):
        return factor * without_the_first_if_it_alone_won(policy, episodes)

    one, other = (check(loss, game, policy, batch=2, **QUICK) for loss in (without_the_first_if_it_alone_won, scaled))
    assert torch.allclose(factor * one.expected_gradient, other.expected_gradient, rtol=1e-9, atol=0)


def test_control_where_order_does_not_matter_multisets_do():
    result = check(every_episode_alike, *corridor(7), batch=2, **QUICK)
    assert result.verdict == "unbiased"
    assert result.batches < 128**2


@pytest.mark.parametrize("order", the_first(1, [(1, 2, 0, 3), (2, 3, 0, 1), (1, 3, 0, 2)]))
def test_one_order_of_24_counts(order):
    """A batch of four different episodes, of which one is the best, counts double the third of them in one order."""
    game = TabularGame({0: {action: [(1, "end", action + 1, True)] for action in range(9)}}, 0, 1)
    policy = TabularPolicy(game)

    def loss(policy, episodes):
        worth = episodes.future_returns
        in_order = (
            torch.equal(worth.argsort(), torch.tensor(order)) and len(set(worth.tolist())) == 4 and worth.max() == 9
        )
        weights = torch.ones_like(worth)
        weights[2] += in_order
        return scored(policy, episodes, weights)

    result = check(loss, game, policy, batch=4, **QUICK)
    episodes = all_episodes(unroll(game), policy)
    total = torch.zeros(9, dtype=torch.float64)
    for chosen in itertools.product(range(9), repeat=4):
        weights = torch.ones(4, dtype=torch.float64)
        weights[2] += (
            len(set(chosen)) == 4 and max(chosen) == 8 and tuple(sorted(range(4), key=chosen.__getitem__)) == order
        )
        for place, action in enumerate(chosen):
            total += weights[place] * (action + 1) * (torch.eye(9, dtype=torch.float64)[action] - 1 / 9) / 4 / 9**4
    assert episodes.count == 9
    assert result.expected_gradient.tolist() == pytest.approx(total.tolist(), rel=1e-9)
