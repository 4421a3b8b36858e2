"""At the default million episodes both estimates of every partial lie within their stated bounds.

A sound test: the bounds are Bernstein's with exact variances, not "so many standard errors", and all 24 together fail
for right estimators with probability at most 1e-6 over seeds. The seed is fixed, so it fails always or never.
"""

import json

import pytest

ESTIMATORS = ["log_prob", "inverse_prob"]


@pytest.fixture(scope="module")
def variables(report):
    run, written = report(1_000_000)
    assert run.code == 0
    return json.loads(written)["variables"]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_partial_is_within_its_bound(variables, estimator):
    for variable in variables:
        estimate = variable["estimates"][estimator]
        assert abs(estimate["mean"] - variable["partial_R"]) <= estimate["bound"]
        assert estimate["within_bound"] is True


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_control_the_bounds_are_tight_enough_to_notice_an_error_of_one_percent(variables, estimator):
    """Were R's largest partials estimated one percent too large, they would be out of bounds."""
    largest = [variable for variable in variables if abs(variable["partial_R"]) > 5]
    assert len(largest) == 2
    for variable in largest:
        assert variable["estimates"][estimator]["bound"] < 0.01 * abs(variable["partial_R"])


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_million_are_closer_than_two_thousand(variables, document, estimator):
    for many, few in zip(variables, document["variables"], strict=True):
        if many["partial_R"]:
            assert many["estimates"][estimator]["bound"] < few["estimates"][estimator]["bound"] / 10
