"""The order of what is tried follows from the seed, and what is counted is what was tried."""

import pytest

from gradcheck import check
from gradcheck.checking.question import read_question
from gradcheck.checking.search.search import search
from gradcheck.estimators import action_log_probs
from tests.check.search.losses import WRONG, right, seventh_step_cut, surrogate
from tests.exhaustive import exhaustive

CUT = WRONG["long_episodes"]["third_step_cut"]


def question(loss, *arguments, **options):
    return read_question(loss, *arguments, **{"search": 1e6} | options)


class Asked:
    """A loss that notes its batches."""

    def __init__(self, loss):
        self.loss, self.batches = loss, []

    def __call__(self, policy, episodes):
        self.batches.append((episodes.num_episodes, *map(float, episodes.future_returns.detach().flatten()[:0])))
        return self.loss(policy, episodes)


def test_the_same_seed_finds_the_same():
    one, again = (search(question(CUT, seed=5), max_tries=100) for _ in range(2))
    assert one[0].tried == again[0].tried
    assert one[1].counterexample == again[1].counterexample
    assert one[1].verdict == again[1].verdict


def test_control_another_seed_finds_another():
    found = {
        (tried.tried, failure.counterexample.code)
        for tried, failure in (search(question(CUT, seed=seed), max_tries=100, max_shrinks=0) for seed in range(3))
    }
    assert len(found) == 3


def test_more_tries_begin_with_the_same():
    few, many = (search(question(CUT, seed=1), max_tries=most, max_shrinks=0) for most in (60, 120))
    assert few[0].tried == many[0].tried
    assert few[1].counterexample == many[1].counterexample


def test_every_try_is_counted_once():
    tried, _ = search(question(right), max_tries=30)
    assert (tried.tried + tried.skipped, tried.found) == (30, False)
    assert search(question(right), max_tries=0)[0].tried == 0


def test_what_a_loss_was_not_made_for_is_skipped_and_counted():
    def at_most_two_actions(policy, episodes):
        logits = policy(episodes.observations)
        if logits.shape[-1] > 2:
            raise ValueError("two actions")
        return right(policy, episodes)

    tried, failure = search(question(at_most_two_actions), max_tries=40)
    assert failure is None
    assert tried.skipped > 10
    assert tried.tried > 5


def test_what_is_not_a_number_is_skipped():
    def one_in_the_denominator(policy, episodes):
        return right(policy, episodes) / (episodes.num_episodes < 8) / 1.0

    tried, failure = search(
        question(surrogate(lambda e: e.future_returns / e.future_returns.abs().sum() * 0)), max_tries=5
    )
    assert (tried.found, failure) in {(False, None), (True, failure)}
    assert search(question(one_in_the_denominator), max_tries=40)[1] is None


def test_time_alone_decides_how_far_it_gets():
    assert search(question(right, search=0.0), max_tries=10)[0].tried == 0


def test_smaller_batches_than_asked_for_are_not_tried():
    sizes = set()

    def noting(policy, episodes):
        sizes.add(int(episodes.num_episodes))
        return -(action_log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes

    noting_max = search(question(noting, batch=3), max_tries=40)
    assert noting_max[1] is None
    assert min(sizes - {1}) >= 3  # single episodes stand for the sums that large batches are
    assert max(sizes) >= 33


def test_a_given_game_keeps_its_game():
    from gradcheck.games import robot

    tried, failure = search(question(right, robot(), batch=2), max_tries=30)
    assert failure is None
    assert tried.tried >= 20
    found = search(question(WRONG["sizes"]["signs_from_16_on"], robot(), batch=2), max_tries=100)[1]
    assert found.counterexample.code.startswith("from gradcheck import TabularPolicy, assert_proportional\n")
    assert "TabularGame" not in found.counterexample.code


def test_a_given_network_is_tried_in_larger_batches_alone():
    import torch

    from gradcheck.games import stop_go

    network = torch.nn.Linear(2, 2, dtype=torch.float64)
    tried, failure = search(question(right, stop_go(), network, batch=2), max_tries=2000)
    assert failure is None
    assert 5 < tried.tried < 30  # and then it is said to be all there is


@pytest.mark.parametrize("accept", ["unbiased", "proportional", "consistent"])
def test_what_passes_by_accept_is_no_failure(accept):
    tried, failure = search(question(lambda p, e: right(p, e) / 2, accept=accept), max_tries=10)
    assert (failure is None) is (accept != "unbiased")
    assert tried.found is (accept == "unbiased")


@exhaustive
def test_the_result_of_a_check_holds_it():
    result = check(seventh_step_cut, search=60, all_conditions=False)
    assert not result
    assert result.searched.found
    assert result.probes[-1].probe == "found by searching"
    assert all(probe.verdict == "unbiased" for probe in result.probes[:-1])
    assert [finding.cause for finding in result.findings] == ["found_by_searching"]
    assert check(seventh_step_cut, all_conditions=False).searched is None


def test_nothing_is_searched_once_a_loss_has_failed():
    result = check(surrogate(lambda e: e.rewards), search=60, all_conditions=False, counterexample=False)
    assert (result.verdict, result.searched) == ("biased", None)
