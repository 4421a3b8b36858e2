"""Claim: what a loss does from some batch size on, by a number in its code, is seen on both sides of it."""

import pytest
import torch

from gradcheck import check
from gradcheck.checking.limit.sizes import on_both_sides, sizes_in_code
from tests.check.limit.losses import action_log_probs, mean_over_steps, plus_entropy, reinforce, returns, switching
from tests.exhaustive import exhaustive, the_first

QUICK = {"all_conditions": False, "counterexample": False}
WRONG = plus_entropy(1.0)


def best_four(policy, episodes):
    """Those beyond the best four of a batch are left out."""
    n = episodes.num_episodes
    kept = torch.zeros(n, dtype=torch.float64).index_fill(0, returns(episodes).topk(min(4, n)).indices, 1.0)
    weights = episodes.future_returns * kept[episodes.episode_index]
    return -(action_log_probs(policy, episodes) * weights).sum() / min(4, n)


@pytest.mark.parametrize("size", [6, 32, *(pytest.param(size, marks=exhaustive) for size in (20, 48, 64))])
def test_wrong_from_some_size_on(size):
    result = check(switching(size, reinforce, WRONG), **QUICK)
    assert result.verdict == "biased"
    assert result.batch == size
    assert result.by_batch_size[size - 1].verdict == "unbiased"
    assert any("the default" in remark for remark in result.remarks)


@pytest.mark.parametrize("size", the_first(1, [50, 100]))
def test_what_would_be_consistent_if_it_were_not_wrong_from_some_size_on(size):
    loss = switching(size, mean_over_steps, plus_entropy(1.0, mean_over_steps))
    assert check(loss, batch=4, **QUICK).verdict == "biased"


@pytest.mark.parametrize("size", the_first(1, [32, 100]))
def test_wrong_below_some_size_and_right_from_there_on(size):
    assert check(switching(size, WRONG, reinforce), batch=4, **QUICK).verdict == "consistent"


def test_a_size_that_shows_it_without_a_number_in_the_code():
    result = check(best_four, **QUICK)
    assert result.verdict == "biased"
    assert result.batch == 5


@pytest.mark.parametrize("loss", [best_four, switching(8, reinforce, WRONG)], ids=["best four", "from 8 on"])
def test_a_size_that_was_asked_for_is_what_is_judged_and_the_others_are_said(loss):
    result = check(loss, batch=4, **QUICK)
    assert result.verdict == "unbiased"
    assert result.batch == 4
    assert any(remark.startswith("At batch size") and "8" in remark for remark in result.remarks)


def test_control_smaller_sizes_never_count():
    result = check(switching(3, WRONG, reinforce), **QUICK)
    assert result.verdict == "unbiased"
    assert result.by_batch_size[2].verdict == "biased"
    assert not result.remarks


def test_control_a_number_that_changes_nothing():
    result = check(switching(6, reinforce, reinforce), **QUICK)
    assert result.verdict == "unbiased"
    assert {5, 6, 7} <= set(result.by_batch_size)


def test_the_numbers_are_whole_and_neither_small_nor_large():
    limit = 32

    def loss(policy, episodes, size=128, other=129, clip=0.2):
        return reinforce(policy, episodes) if episodes.num_episodes in (limit, 1) else size * other * clip

    assert sizes_in_code(loss) == (32, 128)
    assert on_both_sides((4, 32)) == (3, 4, 5, 31, 32, 33)


@pytest.mark.parametrize("size", [24, *(pytest.param(size, marks=exhaustive) for size in (48, 64))])
def test_what_takes_two_steps_to_see(size):
    def immediate_rewards(policy, e):
        return -(action_log_probs(policy, e) * e.rewards).sum() / e.num_episodes

    result = check(switching(size, reinforce, immediate_rewards), **QUICK)
    assert (result.verdict, result.batch) == ("biased", size)


def test_a_size_at_which_order_begins_to_matter_is_named():
    """Its sequences are too many to be judged there."""

    def first_left_out_if_it_alone_is_best(policy, e):
        totals = returns(e)
        weights = e.future_returns
        if e.num_episodes >= 6 and bool((totals[0] > totals[1:]).all()):
            weights = weights * (e.episode_index != 0)
        return -(action_log_probs(policy, e) * weights).sum() / e.num_episodes

    result = check(first_left_out_if_it_alone_is_best, **QUICK)
    assert result.batch == 6 or any("6" in remark and "biased" in remark for remark in result.remarks)
