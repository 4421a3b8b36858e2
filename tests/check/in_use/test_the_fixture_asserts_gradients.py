"""Gradcheck_loss passes right losses, fails wrong ones with the message, and records every one of them."""

import json
import re
from xml.etree import ElementTree

import jsonschema
import pytest

from gradcheck.checking.rendering.json_result import load_schema

TESTS = """
import pytest
from gradcheck import games
from losses import half, immediate, raising, right

pytestmark = pytest.mark.gradcheck(batch=2, counterexample=False)
GAME = games.stop_go()


def test_right(gradcheck_loss):
    assert gradcheck_loss(right).verdict == "unbiased"


def test_wrong(gradcheck_loss):
    gradcheck_loss(immediate, GAME)


def test_half(gradcheck_loss):
    assert gradcheck_loss(half, GAME).scale == pytest.approx(0.5)


@pytest.mark.gradcheck(accept="unbiased")
def test_half_is_not_enough(gradcheck_loss):
    gradcheck_loss(half, GAME)


@pytest.mark.gradcheck(accept="unbiased", batch=1)
def test_what_is_given_wins(gradcheck_loss):
    result = gradcheck_loss(half, game=GAME, accept="proportional")
    assert (result.batch, str(result.accept)) == (1, "proportional")


def test_two(gradcheck_loss):
    gradcheck_loss(right)
    gradcheck_loss(right, GAME, {"first": ("1/4", "3/4"), "second": ("1/3", "2/3")}, seed=5, batch=1)


def test_raising(gradcheck_loss):
    gradcheck_loss(raising, GAME)


def test_what_the_fixture_does_not_see():
    import gradcheck

    assert not gradcheck.check(immediate, GAME, batch=1, counterexample=False)


@pytest.fixture
def checked_in_setup(gradcheck_loss):
    return gradcheck_loss(right, batch=1)


def test_a_fixture_may_check(checked_in_setup):
    assert checked_in_setup
"""

PASSED = {
    "test_right": 1,
    "test_half": 1,
    "test_what_is_given_wins": 1,
    "test_two": 2,
    "test_what_the_fixture_does_not_see": 0,
    "test_a_fixture_may_check": 1,
}
FAILED = {"test_wrong": 1, "test_half_is_not_enough": 1, "test_raising": 0}


@pytest.fixture(scope="module")
def ran(run_pytest):
    """The run, its JSON report and its JUnit report."""
    run, folder = run_pytest(
        TESTS,
        "-v",
        "--gradcheck-seed=7",
        "--gradcheck-report=out.json",
        "--junitxml=out.xml",
        "-o",
        "console_output_style=classic",
    )
    return run, json.loads((folder / "out.json").read_text(encoding="utf-8")), ElementTree.parse(folder / "out.xml")


def test_right_ones_pass_and_wrong_ones_fail(ran):
    found = dict(re.findall(r"^test_losses\.py::(\w+) (\w+)", ran[0].out, re.MULTILINE))
    assert found == dict.fromkeys(PASSED, "PASSED") | dict.fromkeys(FAILED, "FAILED")
    assert ran[0].code == 1


def test_a_failure_says_what_where_and_why(ran):
    out = ran[0].out
    assert "GradcheckError: immediate is biased, not proportional: " in out
    assert "Cause (immediate_reward): " in out
    assert ">       gradcheck_loss(immediate, GAME)" in out
    assert "AttributeError: 'Episodes' object has no attribute 'reward'" in out
    assert "__tracebackhide__" not in out


def test_every_check_is_in_the_report_with_its_test(ran):
    document = ran[1]
    assert document["schema_version"] == 1
    counts = {}
    for check in document["checks"]:
        jsonschema.Draft202012Validator(load_schema()).validate(check["result"])
        name = check["test"].removeprefix("test_losses.py::")
        counts[name] = counts.get(name, 0) + 1
        assert check["result"]["passed"] == (name in PASSED)
    assert counts == {name: count for name, count in (PASSED | FAILED).items() if count}


def test_the_seed_is_that_of_the_option_unless_given(ran):
    assert {check["result"]["seed"] for check in ran[1]["checks"]} == {7, 5}
    assert [check["result"]["seed"] for check in ran[1]["checks"] if check["test"].endswith("test_two")] == [7, 5]


def test_the_summary_counts_them_and_names_the_wrong_ones(ran):
    summary = ran[0].out.partition("= gradcheck =")[2]
    assert "8 checks: 1 biased, 3 proportional, 4 unbiased; " in summary
    assert "test_losses.py::test_wrong: immediate is biased, not proportional" in summary
    assert "test_losses.py::test_half_is_not_enough: half is proportional, not unbiased" in summary
    assert "written to out.json" in summary


def test_junit_has_them_as_properties(ran):
    cases = {case.get("name"): case for case in ran[2].iter("testcase")}
    assert set(cases) == set(PASSED | FAILED)
    right = properties(cases["test_right"])
    assert right["gradcheck_verdict"] == "unbiased"
    assert float(right["gradcheck_relative_bias"]) < 1e-9
    half = properties(cases["test_half"])
    assert (half["gradcheck_verdict"], float(half["gradcheck_scale"])) == ("proportional", pytest.approx(0.5))
    assert properties(cases["test_wrong"])["gradcheck_verdict"] == "biased"
    assert properties(cases["test_what_the_fixture_does_not_see"]) == {}


def properties(case):
    return {one.get("name"): one.get("value") for one in case.iter("property")}
