"""An ε of another size does not hide a name, and the distance is said; a mere change of scale explains no error."""

import re

import pytest

from gradcheck.checking.tolerances import EXPLAINED_WITHIN
from tests.check.diagnosis.mistaken import (
    diagnosed,
    episode_mean,
    group_advantages,
    log_probs,
    names,
    reinforce,
    sequence_mean,
)
from tests.exhaustive import exhaustive


def normalised(average, epsilon):
    return lambda policy, e: -average(log_probs(policy, e) * group_advantages(e, epsilon), e)


@pytest.mark.parametrize("epsilon", [1e-8, 1e-4, *(pytest.param(one, marks=exhaustive) for one in (1e-6, 1e-5))])
def test_an_epsilon_of_the_catalogue_fits_to_rounding(epsilon):
    (finding,) = diagnosed(normalised(episode_mean, epsilon)).findings
    assert finding.cause == "group_std"
    assert finding.evidence.endswith("to rounding.")


@pytest.mark.parametrize("epsilon", [2e-5, *(pytest.param(one, marks=exhaustive) for one in (3e-7, 3e-6))])
def test_another_epsilon_is_named_with_its_distance(epsilon):
    (finding,) = diagnosed(normalised(episode_mean, epsilon)).findings
    assert finding.cause == "group_std"
    distance = float(re.search(r"within (\S+) of it", finding.evidence)[1])
    assert 1e-10 < distance <= EXPLAINED_WITHIN


def test_another_epsilon_hides_neither_of_two_mistakes():
    result = diagnosed(normalised(sequence_mean, 3e-6))
    assert names(result) == ["group_std", "sequence_mean"]
    assert all("within" in finding.evidence for finding in result.findings)


def test_control_what_is_farther_is_not_named():
    assert names(diagnosed(normalised(episode_mean, 1e-2))) == ["unexplained"]


@pytest.mark.parametrize("heat", [1e-7, 1e-6])
def test_a_small_error_is_not_explained_by_what_is_right_but_for_its_length(heat):
    # Within 1e-6 of the true gradient, and so of every mistake that changes its length alone.
    result = diagnosed(lambda policy, e: -episode_mean(log_probs(policy, e, 1 + heat) * e.future_returns, e))
    assert names(result) == ["unexplained"]


def test_control_where_the_direction_is_right_a_change_of_scale_is_named():
    result = diagnosed(
        lambda policy, e: -episode_mean(log_probs(policy, e) * (e.future_returns - _totals(e).mean()), e)
    )
    assert result.verdict == "proportional"
    assert names(result) == ["self_inclusive_mean"]
    assert diagnosed(reinforce).verdict == "unbiased"


def _totals(e):
    return e.rewards.new_zeros(e.num_episodes).index_add(0, e.episode_index, e.rewards)
