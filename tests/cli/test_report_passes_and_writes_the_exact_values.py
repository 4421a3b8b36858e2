"""``report --episodes 2000 --json PATH`` exits with 0 and writes valid JSON with the robot's exact values."""

import json

import jsonschema
import pytest

from gradcheck.report.json_report import load_schema

PARTIALS = [-0.52, 10, -7, 0.56, 0, 3.78]
PROBABILITIES = [0.7, 0.3, 0.4, 0.6, 0.8, 0.2]


def test_it_passes_and_says_so(report):
    run, _ = report(2000)
    assert run.code == 0
    assert run.err == ""
    said = " ".join(run.out.split())  # lines are broken where they end
    assert "PASSED: ∂Y = ∂R is proved, and all 24 estimates are unbiased and lie within their bounds" in said
    assert "R = 659/250 = 2.636" in run.out
    assert "Sampled: 2,000 episodes, seed 0" in run.out


def test_its_json_fits_the_schema(document):
    jsonschema.validate(document, load_schema())


def test_the_expected_return_is_2_636(document):
    assert document["expected_return"] == {"exact": "659/250", "value": 2.636}
    assert document["best_deterministic_return"] == {"exact": "11", "value": 11.0}


def test_there_are_six_variables_with_the_partials_of_both_sums(document):
    variables = document["variables"]
    assert [variable["name"] for variable in variables] == ["x0", "x1", "x2", "x3", "x4", "x5"]
    assert [variable["observation"] for variable in variables] == [[2, 1], [2, 1], [1, 0], [1, 0], [2, 0], [2, 0]]
    assert [variable["action"] for variable in variables] == [0, 1] * 3
    assert [variable["probability"] for variable in variables] == PROBABILITIES
    assert [variable["partial_R"] for variable in variables] == PARTIALS
    assert [variable["partial_Y"] for variable in variables] == PARTIALS
    assert all(set(variable["estimates"]) == {"log_prob", "inverse_prob"} for variable in variables)


def test_a_partial_is_reach_times_average_return(document):
    for variable in document["variables"]:
        assert variable["reach"] * variable["average_return"] == pytest.approx(variable["partial_R"], abs=1e-15)


def test_the_identity_holds_and_the_estimates_agree(document):
    assert document["identity_holds"] is True
    assert document["agrees"] is True
    assert document["episodes"] == 2000
    assert document["seed"] == 0


def test_three_habits_at_seven_batch_sizes(document):
    rows = document["finite_batch"]
    assert len(rows) == 21
    habits = ["mean_over_steps", "normalised", "normalised_mean_over_steps"]
    assert [(row["batch"], row["estimator"]) for row in rows] == [(n, habit) for n in range(2, 9) for habit in habits]
    assert all(0 < row["direction_error"] < 0.03 for row in rows)


def test_nothing_but_the_file_is_written(gradcheck, tmp_path):
    run = gradcheck("report", "--game", "robot_one_step", "--episodes", 10, "--json", tmp_path / "one.json")
    assert run.code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]
    assert json.loads((tmp_path / "one.json").read_bytes())["expected_return"]["exact"] == "51/10"
