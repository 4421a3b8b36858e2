"""The page says how far the battery goes, and which of its games were left out, and why."""

import pytest
import torch

from gradcheck import check, games
from tests.check.coverage.judged import judgement, log_probs, plain


def for_three_steps(policy, episodes):
    baseline = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)[episodes.time_steps]
    return -(log_probs(policy, episodes) * (episodes.future_returns - baseline)).sum() / episodes.num_episodes


def test_the_page_says_how_far_the_battery_goes():
    page = " ".join(str(check(plain, all_conditions=False)).split())
    assert "Battery: up to 5 actions, 6 steps, 2 starts, rewards −60 to 30" in page
    assert "probabilities ≥ 0.0017; no more was tried." in page


def test_conditions_that_were_not_asked_for_are_tried_on_fewer_and_the_page_says_so():
    asked, beside = check(plain, conditions="discounted", all_conditions=False), check(plain, batch=4)
    tried, fewer = (
        {probe.probe for result in one.results if result.condition == "discounted" for probe in result.probes}
        for one in (asked, beside)
    )
    assert fewer < tried
    assert "no more, under other conditions less." in " ".join(str(beside).split())


def test_the_default_condition_has_one_verdict_whether_it_was_asked_for_or_not():
    def by_the_deviation(policy, e):
        returns = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)
        same = (e.group_index[:, None] == e.group_index).double()
        same = same / same.sum(1, keepdim=True)
        centred = returns - same @ returns
        weights = centred / ((same @ centred.square()).sqrt() + 1e-4)
        return -(log_probs(policy, e) * weights[e.episode_index]).sum() / e.num_episodes

    asked = check(by_the_deviation, batch=4, counterexample=False, all_conditions=False)
    beside = check(by_the_deviation, batch=(2, 2), counterexample=False)
    assert asked.verdict == beside.by_condition["complete_episodes"] == "biased"


def test_of_a_game_that_was_given_it_says_nothing():
    assert "Battery" not in str(check(plain, games.stop_go(), batch=2, all_conditions=False))


def test_a_loss_that_is_written_for_short_episodes_is_judged_on_them_and_the_rest_is_named():
    found = judgement(for_three_steps)
    assert found.verdict == "unbiased"
    assert set(found.left_out) == {"six_steps", "short_and_long"}
    assert "Not tried on six_steps and short_and_long: IndexError" in found.result.note


def test_batches_that_are_too_many_are_named():
    def less_the_best_of_the_others(policy, episodes):
        totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
        totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
        own = torch.eye(episodes.num_episodes, dtype=torch.bool)
        best = totals.expand(episodes.num_episodes, -1).masked_fill(own, -torch.inf).amax(1)
        advantages = (totals - best)[episodes.episode_index]
        return -(log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes

    found = judgement(less_the_best_of_the_others, batch=9)
    assert found.verdict == "unbiased"
    assert "right_or_wrong" in found.left_out
    assert "its batches are more than" in found.result.note


@pytest.mark.parametrize("batch", [1, 4])
def test_control_nothing_is_left_out_of_an_ordinary_check(batch):
    assert not judgement(plain, batch=batch).left_out


def test_control_on_its_own_games_an_error_is_raised():
    def fails(policy, episodes):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        check(fails)
