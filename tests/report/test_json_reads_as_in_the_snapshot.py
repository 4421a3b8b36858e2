"""The JSON of a report is as in the snapshot, and its numbers are those of the report, exactly."""

import json
from fractions import Fraction

import pytest

from gradcheck import games
from gradcheck.report import data
from gradcheck.report.data import make_report
from gradcheck.report.json_report import to_dict, to_parts

DIGITS = 9  # decimals that are the same on every machine


@pytest.fixture(scope="module")
def report():
    return make_report(games.robot(), games.robot_policy(), episodes=1000, seed=1, name="robot")


def rounded(node):
    if isinstance(node, dict):
        return {key: rounded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [rounded(value) for value in node]
    return round(node, DIGITS) + 0.0 if isinstance(node, float) else node  # + 0.0 makes 0.0 of -0.0


def test_the_json_of_the_robot_s_report(report, snapshot):
    assert json.dumps(rounded(to_dict(report)), indent=1, ensure_ascii=False) == snapshot


def test_its_floats_are_the_nearest_to_its_rationals(report):
    made = to_dict(report)
    for name in ("expected_return", "best_deterministic_return"):
        assert made[name]["value"] == float(Fraction(made[name]["exact"]))
    for variable in made["variables"]:
        for name, exact in variable["exact"].items():
            assert variable[name] == float(Fraction(exact))


def test_its_estimates_are_the_report_s_to_the_last_bit(report):
    read = json.loads("".join(to_parts(report)))
    assert read == to_dict(report)
    for i, variable in enumerate(read["variables"]):
        for name, row in report.partials.items():
            assert variable["estimates"][name]["mean"] == row[i].mean
            assert variable["estimates"][name]["bound"] == row[i].bound


def test_the_time_it_took_is_not_in_it(report):
    assert "second" not in json.dumps(to_dict(report))


@pytest.mark.parametrize("seed", [1, 2])
def test_control_only_the_same_seed_gives_the_same_json(report, seed, monkeypatch):
    monkeypatch.setattr(data, "BATCH_SIZES", range(2, 3))
    again = to_dict(make_report(games.robot(), games.robot_policy(), episodes=1000, seed=seed, name="robot"))
    assert (again["variables"] == to_dict(report)["variables"]) == (seed == 1)
