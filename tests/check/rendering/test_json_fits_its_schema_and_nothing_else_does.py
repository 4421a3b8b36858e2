"""The JSON of every result fits the published schema, and a document with anything missing or added does not."""

import copy
import json

import jsonschema
import pytest

from gradcheck.checking.rendering.json_result import SCHEMA_VERSION, load_schema, to_dict
from tests.check.rendering.results import MADE, changed

SCHEMA = load_schema()
FITS = jsonschema.Draft202012Validator(SCHEMA)

# Dictionaries whose keys are names of conditions: any of them may be there.
BY_CONDITION = {"by_condition", "notes"}


@pytest.fixture(params=MADE)
def result(request):
    return MADE[request.param]()


def written(result):
    return json.loads(json.dumps(to_dict(result), allow_nan=False))


@pytest.fixture(params=["biased", "found_by_searching"])
def document(request):
    return written(MADE[request.param]())


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION == 1


def test_every_object_in_the_schema_is_closed_and_names_what_it_requires():
    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
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


def test_a_result_fits(result):
    FITS.validate(written(result))


def test_it_reads_as_in_the_snapshot(document, snapshot):
    assert json.dumps(rounded(document), indent=1, ensure_ascii=False) == snapshot


def rounded(node):
    if isinstance(node, dict):
        return {key: rounded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [rounded(value) for value in node]
    return round(node, 9) + 0.0 if isinstance(node, float) else node  # + 0.0 makes 0.0 of -0.0


def test_its_numbers_are_those_of_the_result(result):
    made = written(result)
    assert made == result.to_dict()
    assert made["passed"] is bool(result)
    assert made["expected_gradient"] == result.expected_gradient.tolist()
    assert [one["probe"] for one in made["probes"]] == [one.probe for one in result.probes]
    assert made["probes"][-1]["true_gradient"] == result.probes[-1].true_gradient.tolist()


def test_numbers_that_are_not_finite_are_null(result):
    made = written(changed(result, relative_bias=float("inf"), direction_error=float("nan"), scale=float("nan")))
    FITS.validate(made)
    assert made["relative_bias"] is made["direction_error"] is made["scale"] is None


def places(node, path=()):
    """Every key of every object and the first item of every list, as paths from the top."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(node, list) and node:
        yield (*path, 0)
        yield from places(node[0], (*path, 0))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def mutated(document, path, change):
    mutant = copy.deepcopy(document)
    change(at(mutant, path[:-1]), path[-1])
    return mutant


def test_control_a_document_without_any_one_key_is_refused(document):
    keys = [path for path in places(document) if isinstance(path[-1], str)]
    required = [path for path in keys if path[-2:-1] not in {(name,) for name in BY_CONDITION}]
    assert len(required) > 40
    for path in required:
        assert not FITS.is_valid(mutated(document, path, lambda holder, key: holder.pop(key))), path


def test_control_a_document_with_any_value_of_another_type_is_refused(document):
    for path in places(document):
        for wrong in ({"wrong": 1}, "wrong", [{}], -0.5):
            mutant = mutated(document, path, lambda holder, key, wrong=wrong: holder.__setitem__(key, wrong))
            there = at(document, path)
            fits_anyway = isinstance(wrong, type(there)) or (there is None and isinstance(wrong, float))
            assert fits_anyway or not FITS.is_valid(mutant), (path, wrong)


def test_control_a_document_with_a_key_added_anywhere_is_refused(document):
    objects = [(), *(path for path in places(document) if isinstance(at(document, path), dict))]
    objects = [path for path in objects if path[-1:] not in {(name,) for name in BY_CONDITION}]
    assert len(objects) > 4
    for path in objects:
        mutant = copy.deepcopy(document)
        at(mutant, path)["unheard_of"] = "something"
        assert not FITS.is_valid(mutant), path


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema_version", 2),
        ("seed", -1),
        ("batch", 0),
        ("batch", [1, 2, 3]),
        ("confidence", 1.5),
        ("verdict", "right"),
    ],
)
def test_control_values_out_of_range_are_refused(document, key, value):
    assert not FITS.is_valid(document | {key: value})
