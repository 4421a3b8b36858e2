"""Every report's JSON fits the published schema, and a document with anything missing, added or odd does not."""

import copy
import json
import math
from fractions import Fraction

import jsonschema
import numpy as np
import pytest

from gradcheck import TabularGame, games
from gradcheck.estimators import log_prob
from gradcheck.report import data
from gradcheck.report.data import make_report
from gradcheck.report.json_report import SCHEMA_VERSION, load_schema, to_dict
from gradcheck.tree.sources.gymnasium_table import GymnasiumTable

SCHEMA = load_schema()
FITS = jsonschema.Draft202012Validator(SCHEMA)
START = (2, 1)
ENDS = [("1/2", "end", 3, True), ("1/2", "end", "-1/3", True)]

# Dictionaries whose keys are names of estimators: any number of them may be there.
BY_ESTIMATOR = {"estimates", "undefined_at_one_episode"}


def one_step(**options):
    return make_report(games.robot_one_step(), {START: ("7/10", "3/10")}, **{"episodes": 10} | options)


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(to_dict(one_step()), allow_nan=False))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION == 1


def test_every_object_in_the_schema_is_closed_and_names_what_it_requires():
    def walk(node):
        if isinstance(node, dict):
            if "properties" in node:
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(SCHEMA)


def test_everything_at_the_top_is_described():
    assert all(value["description"] for value in SCHEMA["properties"].values())


def test_a_report_of_one_step_fits(document):
    FITS.validate(document)


def test_the_robot_s_report_fits():
    FITS.validate(to_dict(make_report(games.robot(), games.robot_policy(), episodes=10)))


def test_a_single_episode_has_no_standard_error_and_fits():
    single = to_dict(one_step(episodes=1))
    assert single["variables"][0]["estimates"]["log_prob"]["standard_error"] is None
    FITS.validate(single)


def test_a_failed_report_fits():
    failed = to_dict(one_step(episodes=10**6, losses={"flipped": lambda *given: -log_prob(*given)}))
    assert not failed["agrees"]
    FITS.validate(failed)


def test_a_large_report_fits_with_null_for_what_was_not_enumerated(large_game):
    made = json.loads(json.dumps(to_dict(make_report(large_game, episodes=100)), allow_nan=False))
    FITS.validate(made)
    assert made["enumerated"] is False
    assert (made["policy_gradient"], made["finite_batch"], made["undefined_at_one_episode"]) == ([], [], {})
    for variable in made["variables"]:
        for estimate in variable["estimates"].values():
            assert estimate["expectation"] is estimate["unbiased"] is None
            assert estimate["within_bound"] is True
    assert 0 < made["identity_error_probability"] <= 1e-15
    assert made["size"]["histories"] > made["size"]["decisions"]


def test_control_a_listed_report_has_none_of_these_nulls(document):
    assert document["enumerated"] is True
    assert document["identity_error_probability"] == 0
    for variable in document["variables"]:
        for estimate in variable["estimates"].values():
            assert estimate["unbiased"] is True
            assert estimate["expectation"] == pytest.approx(variable["partial_R"])


def test_numbers_worked_out_in_floats_have_no_fraction(large_game, monkeypatch):
    exact = to_dict(make_report(large_game, episodes=100))
    monkeypatch.setattr(data, "_MAX_EXACT", 0)
    made = to_dict(make_report(large_game, episodes=100))
    FITS.validate(made)
    assert made["expected_return"]["exact"] is None
    assert made["expected_return"]["value"] == pytest.approx(exact["expected_return"]["value"], rel=1e-14)
    assert made["variables"][0]["exact"]["partial_R"] is None
    assert exact["variables"][0]["exact"]["partial_R"] is not None


def test_a_strategy_that_cannot_be_found_is_null(large_game, monkeypatch):
    monkeypatch.setattr(data, "_MAX_TRIED", 1)
    made = to_dict(make_report(large_game, episodes=100))
    FITS.validate(made)
    assert made["best_deterministic_return"] is None


def test_numbers_of_too_many_digits_are_null(large_game, monkeypatch):
    """Python itself refuses to write more than 4,300 digits; here the limit is 16 bits."""
    report = make_report(large_game, episodes=100)
    assert to_dict(report)["size"]["histories"] == report.size.histories == 97_857
    monkeypatch.setattr("gradcheck.report.json_report._MAX_BITS", 16)
    made = to_dict(report)
    FITS.validate(made)
    assert made["size"]["histories"] is None
    assert made["expected_return"]["exact"] is None
    assert made["variables"][0]["exact"] | {"probability": None} == dict.fromkeys(made["variables"][0]["exact"])


def test_what_became_of_a_foreign_table_is_in_it():
    source = GymnasiumTable(games.robot_one_step(), {1 / 3: Fraction(1, 3)}, (("s", 0),), ("nowhere",))
    made = to_dict(one_step(source=source))
    FITS.validate(made)
    assert made["snapped"] == [{"given": 1 / 3, "read_as": "1/3"}]
    assert made["rows_left_as_floats"] == 1
    assert made["unreachable_states"] == ["nowhere"]


OBSERVATIONS = {
    "word": ("seen", "seen"),
    "nothing": (None, None),
    "truth": (True, True),
    "tuple": ((1, ("deep", 2.5)), [1, ["deep", 2.5]]),
    "numpy": (np.int64(7), 7),
    "numpy's float": ((np.float32(0.5),), [0.5]),
    "fraction": (Fraction(1, 4), 0.25),
    "infinity": (math.inf, "inf"),
    "set": (frozenset({3}), "frozenset({3})"),
}


def test_observations_of_any_kind_fit(monkeypatch):
    monkeypatch.setattr(data, "BATCH_SIZES", range(2, 3))
    table = {state: {0: ENDS, 1: ENDS} for state in OBSERVATIONS}
    seen = {state: observation for state, (observation, _) in OBSERVATIONS.items()}
    game = TabularGame(table, dict.fromkeys(table, Fraction(1, len(table))), 1, seen)
    made = to_dict(make_report(game, dict.fromkeys(seen.values(), (0.5, 0.5)), episodes=10))
    FITS.validate(json.loads(json.dumps(made, allow_nan=False)))
    assert [variable["observation"] for variable in made["variables"][::2]] == [
        written for _, written in OBSERVATIONS.values()
    ]


def places(node, path=()):
    """Every key of every object and the first item of every list, as paths from the top."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(node, list) and node:
        yield (*path, 0)
        yield from places(node[0], (*path, 0))


def changed(document, path, change):
    mutant = copy.deepcopy(document)
    holder = mutant
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return mutant


def test_control_a_document_without_any_one_key_is_refused(document):
    keys = [path for path in places(document) if isinstance(path[-1], str)]
    required = [path for path in keys if len(path) == 1 or path[-2] not in BY_ESTIMATOR]
    assert len(required) > 30
    for path in required:
        assert not FITS.is_valid(changed(document, path, lambda holder, key: holder.pop(key))), path


def test_control_a_document_with_any_value_of_another_type_is_refused(document):
    for path in (path for path in places(document) if "observation" not in path):  # which may be almost anything
        for wrong in ({"wrong": 1}, "wrong", [{}], -0.5):
            mutant = changed(document, path, lambda holder, key, wrong=wrong: holder.__setitem__(key, wrong))
            fits_anyway = isinstance(wrong, type(at(document, path))) or at(document, path) is None
            assert fits_anyway or not FITS.is_valid(mutant), (path, wrong)


def at(document, path):
    for key in path:
        document = document[key]
    return document


def test_control_a_document_with_a_key_added_anywhere_is_refused(document):
    objects = [(), *(path for path in places(document) if isinstance(at(document, path), dict))]
    assert len(objects) > 10
    for path in objects:
        mutant = copy.deepcopy(document)
        at(mutant, path)["unheard_of"] = "something"
        assert not FITS.is_valid(mutant), path


@pytest.mark.parametrize(
    ("key", "value"), [("schema_version", 2), ("seed", -1), ("episodes", 0), ("episodes", 1.5), ("variables", [])]
)
def test_control_values_out_of_range_are_refused(document, key, value):
    assert not FITS.is_valid(document | {key: value})
