"""Claim: a verdict speaks of large batches where they were examined, and says which batches grow."""

from fractions import Fraction

import pytest
import torch

from gradcheck import TabularGame, check
from gradcheck.games import stop_go
from tests.check.limit.losses import action_log_probs, mean_over_steps, plus_entropy, reinforce, returns

QUICK = {"all_conditions": False, "counterexample": False}
LARGE = "however large the batch"


def wrong_sign(policy, episodes):
    return -reinforce(policy, episodes)


def normalised_in_its_group(policy, episodes):
    worth, group = returns(episodes), episodes.group_index[:, None] == episodes.group_index[None, :]
    n = group.sum(1)
    mean = (group * worth).sum(1) / n
    deviation = ((group * (worth - mean[:, None]) ** 2).sum(1) / n).sqrt()
    advantages = (worth - mean) / (deviation + 1e-6)
    return -(action_log_probs(policy, episodes) * advantages[episodes.episode_index]).sum() / episodes.num_episodes


def centred_in_its_group(policy, episodes):
    worth, group = returns(episodes), episodes.group_index[:, None] == episodes.group_index[None, :]
    advantages = worth - (group * worth).sum(1) / group.sum(1)
    weights = advantages[episodes.episode_index] * episodes.lengths[episodes.episode_index] ** (
        -1.0 / episodes.num_episodes
    )
    return -(action_log_probs(policy, episodes) * weights).sum() / episodes.num_episodes


def random_sign(policy, episodes):
    return wrong_sign(policy, episodes) * (0.5 + torch.rand(()))


def test_a_limit_that_was_shown_is_claimed():
    assert LARGE in str(check(wrong_sign, **QUICK))


@pytest.mark.parametrize("condition", ["micro_batches", "fixed_steps"])
def test_conditions_without_a_limit(condition):
    result = check(wrong_sign if condition != "micro_batches" else mean_over_steps, conditions=condition, **QUICK)
    assert result.verdict == "biased"
    assert result.limit is None
    assert LARGE not in str(result)
    assert "at this batch size" in str(result)


def test_sampled_batches_of_a_loss_without_random_numbers():
    game = stop_go()
    result = check(mean_over_steps, game, batch=2, max_batches=3, draws=40_000, accept="consistent", **QUICK)
    assert result.verdict in ("consistent", "inconclusive")
    assert LARGE not in str(result)


def test_sampled_batches_of_a_loss_with_random_numbers():
    result = check(random_sign, stop_go(), batch=2, draws=4_000, **QUICK)
    assert result.verdict == "biased"
    assert result.limit is None
    assert LARGE not in str(result)


def test_one_group_grows_itself():
    result = check(centred_in_its_group, conditions="groups", batch=(1, 3), accept="consistent", **QUICK)
    assert result.limit.symbol == "g"
    assert result


def test_several_groups_stay_as_large_as_they_are():
    result = check(normalised_in_its_group, conditions="groups", batch=(2, 2), accept="consistent", **QUICK)
    assert result.limit.symbol == "k"
    assert result.limit.tends == "wrong"
    assert not result


@pytest.mark.parametrize(
    "weight",
    [lambda n: 1 / n if n < 2000 else 1.0, lambda n: (n % 7 == 0) + 1 / n, lambda n: (n % 5 == 0) + 1 / n],
    ids=["from 2,000 on", "multiples of 7", "multiples of 5"],
)
def test_no_limit_is_claimed_beyond_a_number_in_the_code_or_for_multiples_of_it(weight):
    result = check(plus_entropy(weight), stop_go(), batch=2, accept="consistent", **QUICK)
    assert not result
    assert result.limit.tends != "right"


def test_multiples_that_no_large_batch_would_have_by_chance():
    game = TabularGame({0: {action: [(1, "end", action, True)] for action in range(3)}}, 0, 1)
    policy = {0: [Fraction(number, 6) for number in (1, 2, 3)]}
    result = check(plus_entropy(lambda n: (n % 37 == 0) + 1 / n), game, policy, batch=2, accept="consistent", **QUICK)
    assert not result


def test_control_without_such_a_number_it_is():
    assert check(plus_entropy(lambda n: 1 / n), stop_go(), batch=2, accept="consistent", **QUICK)


@pytest.mark.parametrize("divisor", [lambda e: 1, lambda e: e.num_episodes], ids=["a sum", "a mean"])
def test_a_gradient_where_there_should_be_none_stays_in_sums_and_in_means(divisor):
    game = TabularGame({0: {action: [(1, "end", 1, True)] for action in range(3)}}, 0, 1)

    def by_action(policy, e):
        return -(action_log_probs(policy, e) * (e.future_returns + e.actions)).sum() / divisor(e)

    result = check(by_action, game, batch=2, **QUICK)
    assert (result.verdict, result.limit.tends) == ("biased", "wrong")
