"""Every bad file raises InvalidArgument, and its one line names the file, the place in it, and what to do.

The texts are in the snapshot, to be read. What each must name stands here beside the input.
"""

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradcheck import InvalidArgument
from gradcheck.tree.sources.files import load_game
from gradcheck.tree.sources.text_files import MAX_BYTES

SHAPE = re.compile(r"Expected .+ but got .+=.* \(type=\w+\)(\. .*[.)])?")
LONGEST_MESSAGE = 600
NOBODY = 65534

END = {"state": "s", "action": 0, "next_state": "end", "terminated": True}
GOOD = {"format": 1, "horizon": 2, "start": "s", "transitions": [END]}
TOML = """format = 1
horizon = 2
start = "s"
transitions = [
  { state = "s", action = 0, next_state = "end", terminated = true },
]
"""


def without(key, table=GOOD):
    return {name: value for name, value in table.items() if name != key}


def rows(*changes):
    return GOOD | {"transitions": [END | change for change in changes]}


def toml(old, new):
    assert old in TOML
    return TOML.replace(old, new)


# A name for the snapshot, what the message must name, and the content of game.json: as data, text or bytes.
BAD_JSON = {
    # Text
    "nothing": ("line 1", ""),
    "words": ("line 1='hello'", "hello"),
    "a missing comma": ("Column 14", '{"format": 1 "horizon": 2}'),
    "a missing comma on the third line": ("line 4", '{\n  "format": 1,\n  "horizon": 2\n  "start": "s"\n}'),
    "an error far along a line": ("Column 5013", '{"name": "' + "n" * 5000 + '" "format": 1}'),
    "an object that does not end": ("line 1", '{"format": 1'),
    "single quotes": ("line 1", "{'format': 1}"),
    "two games": ("Extra data", '{"format": 1}\n{"format": 1}'),
    "bytes that are not UTF-8": ("Line 2 has a byte that is not (0xff)", b'{"format": 1,\n"name": "\xff"}'),
    "UTF-16": ("UTF-8", json.dumps(GOOD).encode("utf-16")),
    "a NUL": ("line 1", b"\0"),
    "two byte order marks": ("line 1", b"\xef\xbb\xbf\xef\xbb\xbf{}"),
    "10 MB of nested lists": ("inside each other", "[" * 10_000_000),
    "10 MB of nested objects": ("inside each other", '{"a":' * 2_000_000),
    "a file that is too large": ("at most 16 MiB", " " * (MAX_BYTES + 1)),
    "a number of 5000 digits": ("too many digits", json.dumps(rows({"reward": 0})).replace("true", "1" * 5000)),
    "a key twice": ("a key of the file='format'", '{"format": 1, "format": 1}'),
    "a key of a row twice": (
        "a key of transitions[0]='reward'",
        json.dumps(rows({"reward": 0})).replace('"reward": 0', '"reward": 0, "reward": 1'),
    ),
    # Keys
    "a list": ("the file=[]", []),
    "null": ("the file=None", None),
    "no format": ("'format' is missing", without("format")),
    "a later format": ("format=2", GOOD | {"format": 2, "players": 3}),
    "a format of true": ("format=True", GOOD | {"format": True}),
    "no start": ("'start' is missing", without("start")),
    "no transitions": ("'transitions' is missing", without("transitions")),
    "an unknown key": ("Did you mean 'horizon'?", GOOD | {"horzon": 3}),
    "a key like no other": ("a key of the file='players'", GOOD | {"players": 3}),
    "a key that begins as another": ("Did you mean 'probability'?", rows({"prob": 1})),
    "an unknown key of a row": ("Did you mean 'reward'? In", rows({"rewrd": 3})),
    "a missing key of a row": ("'next_state' is missing", GOOD | {"transitions": [without("next_state", END)]}),
    "a name that is no text": ("name=3", GOOD | {"name": 3}),
    "a description in a list": ("description=['a']", GOOD | {"description": ["a"]}),
    # Shapes
    "transitions in an object": ("transitions={", GOOD | {"transitions": END}),
    "no transition": ("transitions=[]", GOOD | {"transitions": []}),
    "a transition in a list": ("transitions[1]=['s', 0]", GOOD | {"transitions": [END, ["s", 0]]}),
    "a transition of null": ("transitions[0]=None", GOOD | {"transitions": [None]}),
    "a horizon of 0": ("horizon=0", GOOD | {"horizon": 0}),
    "a horizon of 2.5": ("horizon=2.5", GOOD | {"horizon": 2.5}),
    "a horizon of null": ("horizon=None", GOOD | {"horizon": None}),
    "a horizon in text": ("horizon='3'", GOOD | {"horizon": "3"}),
    "a horizon of true": ("horizon=True", GOOD | {"horizon": True}),
    "no horizon for a cycle": (
        "horizon=None",
        without("horizon") | {"transitions": [END | {"next_state": "s", "terminated": False}]},
    ),
    "a discount of 2": ("discount=2", GOOD | {"discount": 2}),
    "a discount in words": ("discount='most'", GOOD | {"discount": "most"}),
    # States
    "an unknown start": ("start='t'", GOOD | {"start": "t"}),
    "a start of null": ("start=None", GOOD | {"start": None}),
    "a start in an object": ("start={'s': 1}", GOOD | {"start": {"s": 1}}),
    "starts that sum to 1/2": ("They sum to 1/2", GOOD | {"start": [{"state": "s", "probability": "1/2"}]}),
    "a start twice": ("start[1].state='s'", GOOD | {"start": [{"state": "s", "probability": "1/2"}] * 2}),
    "a start without a probability": ("'probability' is missing", GOOD | {"start": [{"state": "s"}]}),
    "a start and a state in a list": ("start[1]='s'", GOOD | {"start": [{"state": "s", "probability": 1}, "s"]}),
    "a state of null": ("transitions[0].state=None", rows({"state": None})),
    "a state with an object in it": ("transitions[0].state[1]={}", rows({"state": ["s", {}]})),
    "a state of infinity": ("transitions[0].next_state=inf", rows({"next_state": float("inf")})),
    "a state of half a character": ("surrogate", rows({"next_state": "\ud83e"})),
    "17 lists in a state": ("inside each other", rows({"next_state": json.loads("[" * 17 + "]" * 17)})),
    "an unknown next state": ("transitions[0].next_state='t'", rows({"next_state": "t", "terminated": False})),
    # Actions and endings
    "an action by name": ("transitions[0].action='left'", rows({"action": "left"})),
    "action -1": ("transitions[0].action=-1", rows({"action": -1})),
    "action 1.5": ("transitions[0].action=1.5", rows({"action": 1.5})),
    "action true": ("transitions[0].action=True", rows({"action": True})),
    "action a million": ("transitions[0].action=1000000", rows({"action": 10**6})),
    "terminated in text": ("transitions[0].terminated='yes'", rows({"terminated": "yes"})),
    "terminated of 1": ("transitions[0].terminated=1", rows({"terminated": 1})),
    # Numbers
    "probabilities that sum to 5/6": (
        "the probabilities of action 0 in state 's'",
        rows({"probability": "1/2"}, {"probability": "1/3"}),
    ),
    "floats that sum to 0.9999999": ("Text such as", rows({"probability": 0.5}, {"probability": 0.4999999})),
    "two outcomes that are both certain": ("They sum to 2", rows({}, {})),
    "a negative probability": (
        "transitions[0].probability=-0.5",
        rows({"probability": -0.5}, {"probability": 1.5}),
    ),
    "a probability that is code": ("__import__('os')", rows({"probability": "__import__('os')"})),
    "a probability of null": ("transitions[0].probability=None", rows({"probability": None})),
    "denominators without a common factor": (
        "at most 400 digits",
        rows(*({"probability": f"1/{10**150 + odd}"} for odd in (1, 3, 7))),
    ),
    "a reward of NaN": ("transitions[0].reward=nan", rows({"reward": float("nan")})),
    "a reward of minus infinity": ("transitions[0].reward=-inf", rows({"reward": float("-inf")})),
    "a reward of 1e400": ("transitions[0].reward=inf", json.dumps(rows({"reward": 7})).replace(": 7}", ": 1e400}")),
    "a reward of 400 digits": ("float64", rows({"reward": 10**399})),
    "a reward of 1/0": ("divides by 0", rows({"reward": "1/0"})),
    "a reward in words": ("transitions[0].reward='ten'", rows({"reward": "ten"})),
    "a reward of 1e5 in text": ("exponent", rows({"reward": "1e5"})),
    "a reward in a list": ("transitions[0].reward=[1]", rows({"reward": [1]})),
    "a reward in an object": ("transitions[0].reward={", rows({"reward": {"value": 1}})),
    # Observations
    "observations in an object": ("observations={", GOOD | {"observations": {"s": 0}}),
    "a state without an observation": (
        "'t' is missing",
        rows({}, {"state": "t"}) | {"observations": [{"state": "s", "observation": 0}]},
    ),
    "the observation of an unknown state": (
        "observations[0].state='end'",
        GOOD | {"observations": [{"state": "end", "observation": 0}]},
    ),
    "two observations of a state": (
        "observations[1].state='s'",
        GOOD | {"observations": [{"state": "s", "observation": 0}] * 2},
    ),
    "an observation of null": (
        "observations[0].observation=None",
        GOOD | {"observations": [{"state": "s", "observation": None}]},
    ),
    "equal observations with different actions": (
        "looks the same",
        rows({}, {"state": "t"}, {"state": "t", "action": 1})
        | {"observations": [{"state": "s", "observation": 0}, {"state": "t", "observation": 0}]},
    ),
}

# The same for game.toml. What both have in common is in the list above.
BAD_TOML = {
    "nothing": ("'format' is missing", ""),
    "words": ("line 1", "hello"),
    "an unfinished list": ("ends too early", TOML.removesuffix("]\n")),
    "an unfinished list before empty lines": ("line 5", TOML.removesuffix("]\n") + "\n\n\n"),
    "a value without quotes": ("line 3='start = s'", toml('"s"\n', "s\n")),
    "an error after CR LF": ("line 3='start = s'", toml('"s"\n', "s\n").replace("\n", "\r\n")),
    "a row over two lines": ("line 5", toml('"s", action', '"s",\n    action')),
    "a key twice": ("line 3", toml("horizon = 2\n", "horizon = 2\nhorizon = 3\n")),
    "a table twice": ("line 2", "[a]\n[a]\n"),
    "bytes that are not UTF-8": ("Line 2", b"format = 1\nname = '\xe9'\n"),
    "10 MB of nested lists": ("inside each other", "a = " + "[" * 10_000_000),
    "10 MB of nested tables": ("inside each other", "a = " + "{a=" * 3_300_000),
    "a key of 21 parts": ("20 parts", "a" + ".a" * 20 + " = 1"),
    "a number of 5000 digits": ("400 digits", toml("2", "2" * 5000)),
    "a hexadecimal number of 5000 digits": ("400 digits", toml("2", "0x" + "2" * 5000)),
    "a horizon of nan": ("horizon=nan", toml("2", "nan")),
    "a horizon of infinity": ("horizon=inf", toml("2", "inf")),
    "a state that is a date": ("start=datetime.date", toml('start = "s"', "start = 2024-01-01")),
    "a reward of -inf": ("transitions[0].reward=-inf", toml("terminated", "reward = -inf, terminated")),
    "a table in the place of a list": ("transitions={", 'format = 1\nstart = "s"\n[transitions.s]\n0 = []\n'),
    "an unknown key": ("Did you mean 'discount'?", "dicsount = 1\n" + TOML),
}

# What the message must name, and the path.
BAD_PATHS = {
    "a missing file": ("No such file", "missing.json"),
    "a missing folder": ("No such file", "missing/game.json"),
    "a file in a file": ("Not a directory", "good.json/game.json"),
    "a folder": ("Is a directory", "folder.json"),
    "a file that may not be read": ("Permission denied", "secret.json"),
    "a device that fails": ("Input/output error", "memory.json"),
    "a pipe": ("a pipe or a device", "pipe.json"),
    "endless zeros": ("a pipe or a device", "zero.toml"),
    "a link to itself": ("symbolic links", "loop.json"),
    "a link to nowhere": ("No such file", "dangling.json"),
    "a name of 300 letters": ("nn.json'", "n" * 300 + ".json"),
    "a file of another kind": (".toml or .json", "game.yaml"),
    "a file without a suffix": (".toml or .json", "game"),
    "a dot": (".toml or .json", "."),
    "no path": ("path=''", ""),
    "None": ("path=None", None),
    "a number": ("path=0", 0),
    "bytes": ("path=b'game.json'", b"game.json"),
    "a NUL": ("path='game\\x00.json'", "game\0.json"),
    "half a character": ("path='\\ud83e.json'", "\ud83e.json"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Relative paths, so that messages do not depend on where the tests run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, content):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8", newline="")


def message(path):
    with pytest.raises(InvalidArgument) as caught:
        load_game(path)
    return str(caught.value)


def check(text, named):
    assert SHAPE.fullmatch(text), text
    assert len(text) <= LONGEST_MESSAGE
    assert named in text


@pytest.mark.parametrize(
    ("suffix", "name"), [*((".json", name) for name in BAD_JSON), *((".toml", name) for name in BAD_TOML)]
)
def test_a_bad_file_is_refused(suffix, name, folder, snapshot):
    named, content = (BAD_JSON if suffix == ".json" else BAD_TOML)[name]
    write(folder / f"game{suffix}", content)
    text = message(f"game{suffix}")
    check(text, named)
    assert f"'game{suffix}'" in text
    assert text == snapshot


@pytest.mark.parametrize("name", BAD_PATHS)
def test_a_bad_path_is_refused(name, folder, snapshot):
    named, path = BAD_PATHS[name]
    write(folder / "good.json", GOOD)
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    for link, target in {"zero.toml": "/dev/zero", "loop.json": "loop.json", "dangling.json": "nowhere.json"}.items():
        (folder / link).symlink_to(target)
    (folder / "memory.json").symlink_to("/proc/self/mem")  # a regular file; reading its first byte fails
    write(folder / "secret.json", GOOD)
    (folder / "secret.json").chmod(0)
    with unprivileged() if name == "a file that may not be read" else nothing():
        text = message(path)
    check(text, named)
    assert text == snapshot


@contextmanager
def unprivileged():
    """A superuser may read every file."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@contextmanager
def nothing():
    yield


def test_a_message_names_the_end_of_a_long_path(folder):
    deep = folder.joinpath(*["d" * 100] * 5)
    deep.mkdir(parents=True)
    write(deep / "game.json", GOOD | {"horizon": 0})
    text = message(deep / "game.json")
    check(text, "/game.json'.")


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_control_the_files_are_good_without_their_faults(folder, suffix):
    path = folder / f"game{suffix}"
    write(path, TOML if suffix == ".toml" else GOOD)
    game = load_game(path)
    for odd in (b"\xef\xbb\xbf" + path.read_bytes(), path.read_bytes().replace(b"\n", b"\r\n")):
        path.write_bytes(odd)
        assert load_game(path) == game
    link = folder / f"LINK{suffix.upper()}"
    link.symlink_to(path)
    assert load_game(link) == load_game(str(path)) == game


def test_control_whole_numbers_may_be_written_as_javascript_writes_floats(folder):
    write(folder / "game.json", GOOD | {"format": 1.0, "horizon": 2.0, "transitions": [END | {"action": 0.0}]})
    write(folder / "plain.json", GOOD)
    assert load_game("game.json") == load_game("plain.json")
    assert isinstance(load_game(Path("game.json")).horizon, int)
