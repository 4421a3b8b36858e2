"""The published schema and the loader accept the same files, but for what no schema can say, which is listed here."""

import copy
import datetime
import json
from pathlib import Path

import jsonschema
import pytest

from gradcheck import InvalidArgument, TabularGame, games
from gradcheck.tree.sources.decode import FORMAT, game_of
from gradcheck.tree.sources.encode import data_of

SCHEMA = json.loads((Path(__file__).parents[2] / "tree/sources/game.schema.json").read_text(encoding="utf-8"))
FITS = jsonschema.Draft202012Validator(SCHEMA)

END = {"state": "s", "action": 0, "next_state": "end", "terminated": True}
SMALL = {"format": 1, "start": "s", "transitions": [END]}
#: Every key of the format, every kind of state.
RICH = {
    "format": 1,
    "name": "Rich",
    "description": "All there is.",
    "horizon": 3,
    "discount": "9/10",
    "start": [{"state": "s", "probability": "1/2"}, {"state": [2, [0.5, True]], "probability": 0.5}],
    "transitions": [
        {"state": "s", "action": 0, "probability": "1/3", "next_state": [2, [0.5, True]], "reward": -1},
        {"state": "s", "action": 0, "probability": "2/3", "next_state": False, "reward": 0.5, "terminated": True},
        {"state": [2, [0.5, True]], "action": 0, "next_state": "s", "reward": "-1/7", "terminated": False},
    ],
    "observations": [{"state": "s", "observation": []}, {"state": [2, [0.5, True]], "observation": [0, 1.5]}],
}
VALUES = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        -1,
        0.0,
        1.0,
        0.5,
        1.5,
        -0.5,
        10**6,
        10**350,
        float("inf"),
        "",
        "s",
        "1",
        "1/2",
        "1/0",
    ),
    *(" 1/2 ", "0/00", "00.50", ".5", "-.", "1e5", "½", "٣", "1_000", "+1", [], [[]], ["s"], ["s", None], [{}], {}),
    *({"state": "s"}, {"state": "s", "probability": 1}, [{"state": "s", "probability": 1}], [SMALL], "nan", "1/"),
    *(datetime.date(2024, 1, 1), datetime.time(7, 32), "0" * 400 + ".", "0." + "1" * 401),
]
#: How the loader begins where a game has the right shape and is none all the same.
NOT_SAID_BY_THE_SCHEMA = (
    "probabilities that sum to 1 ",
    "a known state ",
    "a state with transitions ",
    "every state once ",
    "an observation for every state ",
    "equal legal actions where observations are equal ",
    "a horizon for a game with a cycle ",
)
#: The other things that it cannot say: files with one of them fit the schema and are refused.
WRITTEN_ODDLY = {
    "a probability of 3/2 in text": {"discount": "3/2"},
    "a number in text beyond float64": {"transitions": [END | {"reward": "9" * 400}]},
    "17 lists inside each other": {"start": json.loads("[" * 17 + "]" * 17)},
    "half of a surrogate pair": {"start": "\ud800"},
    "NaN, which JSON has not": {"transitions": [END | {"next_state": float("nan")}]},
}


def parts(data):
    """Every place in the data, as (holder, key)."""
    found = [(data, key) for key in data]
    for holder, key in found:  # grows while it is walked through
        part = holder[key]
        found += [(part, i) for i in (part if isinstance(part, dict) else range(len(part)))] if is_holder(part) else []
    return found


def is_holder(part):
    return isinstance(part, dict | list)


def changed():
    """Every document that differs from a good one in one place: another value, one less, an unknown key."""
    for base in (SMALL, RICH):
        for place in range(len(parts(base))):
            for value in VALUES:
                data = copy.deepcopy(base)
                holder, key = parts(data)[place]
                holder[key] = value
                yield data
            data = copy.deepcopy(base)
            holder, key = parts(data)[place]
            del holder[key]
            yield data
            data = copy.deepcopy(base)
            holder, key = parts(data)[place]
            if isinstance(holder, dict):
                holder[f"{key}s"] = 1
                yield data


def complaint(data):
    """What the loader expected, or None where it accepts."""
    try:
        game_of(data)
    except InvalidArgument as error:
        return str(error).removeprefix("Expected ")
    return None


def disagreement(data, validator=FITS):
    """What is odd about the two verdicts, if anything."""
    said, fits = complaint(data), validator.is_valid(data)
    if said is None:
        return None if fits else f"The schema alone refuses {data}."
    if fits and not said.startswith(NOT_SAID_BY_THE_SCHEMA):
        return f"The loader alone refuses {data}: {said}"
    return None


def test_the_schema_is_one_and_every_object_in_it_is_closed():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT == 1
    assert SCHEMA["$id"].endswith(f":{FORMAT}")
    objects = [holder[key] for holder, key in parts(SCHEMA) if isinstance(holder[key], dict)]
    closed = [schema["additionalProperties"] for schema in [SCHEMA, *objects] if schema.get("type") == "object"]
    assert closed == [False] * 4


def test_everything_is_described():
    keys = [SCHEMA["properties"], SCHEMA["properties"]["transitions"]["items"]["properties"]]
    assert all(schema["description"] for table in keys for schema in table.values())


GALLERY = {
    "robot": games.robot(),
    "one step": games.robot_one_step(),
    "floats": TabularGame({(0.5, 1): {0: [(0.25, 0, 1.5, True), (0.75, 1, -0.0, True)]}}, (0.5, 1), 1, discount=0.5),
}


@pytest.mark.parametrize("name", GALLERY)
def test_saved_games_fit(name):
    FITS.validate(data_of(GALLERY[name]))


def test_both_accept_the_documents_that_the_others_are_made_of():
    for good in (SMALL, RICH):
        FITS.validate(good)
        assert complaint(good) is None


def test_one_change_is_accepted_by_both_or_refused_by_both():
    documents = list(changed())
    assert [odd for data in documents if (odd := disagreement(data))] == []
    accepted = sum(complaint(data) is None for data in documents)
    assert len(documents) > 2000
    assert 100 < accepted < len(documents) / 2


@pytest.mark.parametrize("name", WRITTEN_ODDLY)
def test_what_else_the_schema_cannot_say(name):
    data = SMALL | WRITTEN_ODDLY[name]
    FITS.validate(data)
    assert complaint(data) is not None


@pytest.mark.parametrize("key", ["terminated", "reward", "action", "probability"])
def test_control_a_schema_that_says_less_would_disagree(key):
    weaker = copy.deepcopy(SCHEMA)
    weaker["properties"]["transitions"]["items"]["properties"][key] = True
    assert any(disagreement(data, jsonschema.Draft202012Validator(weaker)) for data in changed())


def test_control_a_schema_that_says_more_would_disagree():
    stricter = copy.deepcopy(SCHEMA)
    stricter["required"].append("horizon")
    assert disagreement(SMALL, jsonschema.Draft202012Validator(stricter))
