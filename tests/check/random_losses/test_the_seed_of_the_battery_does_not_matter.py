"""Rewards and probabilities of the battery come from a seed; verdicts and the first cause do not depend on it."""

from dataclasses import replace

import pytest

from gradcheck import check
from tests.check.corpus import RIGHT, WRONG
from tests.exhaustive import one_of_each

SEEDS = range(5)
NAMES = (
    "reinforce",
    "leave_one_out",
    "mean_including_itself",
    "token_mean",
    "importance_weights_up_to_each_reward",
    "discounted_from_the_start",
    "missing_minus",
    "immediate_rewards",
    "return_without_the_own_reward",
    "last_transition_of_each_episode_gets_no_advantage",
    "the_factor_of_the_start_is_missing",
    "normalised_over_the_batch",
    "temperature_in_training_alone",
)
CASES = [case for case in RIGHT + WRONG if case.name in NAMES]


def said(case, seed):
    """The verdict, and the first cause."""
    result = check(case.loss, counterexample=False, all_conditions=False, **{**case.options, "seed": seed})
    return result.verdict, result.findings[0].cause if result.findings else None


def says_the_same_for_all_seeds(case):
    return len({said(case, seed) for seed in SEEDS}) == 1


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case in RIGHT), ids=str)
def test_whatever_the_seed(case):
    assert says_the_same_for_all_seeds(case)
    assert said(case, SEEDS[-1])[0] == case.verdict


def test_the_cases_are_a_dozen_right_ones_and_wrong_ones():
    assert {case.name for case in CASES} == set(NAMES)
    assert {case.verdict for case in CASES} == {"unbiased", "proportional", "consistent", "biased"}


def test_the_numbers_do_depend_on_it():
    (case,) = (case for case in CASES if case.name == "reinforce")
    found = {tuple(check(case.loss, batch=1, all_conditions=False, seed=s).true_gradient.tolist()) for s in SEEDS}
    assert len(found) == len(SEEDS)


def test_control_a_loss_that_is_wrong_for_some_rewards_only_is_noticed():
    (case,) = (case for case in CASES if case.name == "reinforce")

    def wrong_where_one_decision_can_bring_five(policy, episodes):
        wrong = episodes.observations.shape[1] == 1 and episodes.rewards.max() == 5
        return case.loss(policy, episodes) * (-1 if wrong else 1)

    assert not says_the_same_for_all_seeds(replace(case, loss=wrong_where_one_decision_can_bring_five))
