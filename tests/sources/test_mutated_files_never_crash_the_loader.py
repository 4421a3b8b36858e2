"""12,000 mutated files: each is loaded as a valid game or refused in one line, within a second of computing time.

Bytes are flipped, cut out and put in; tokens are swapped and replaced; parts of the data are moved, removed and
replaced. The seed is fixed, so that a failure can be looked at again.
"""

import copy
import json
import random
import re
import signal
import time
from collections import Counter

import pytest
import tomli_w

from gradcheck import InvalidArgument, TabularGame, games
from gradcheck.tree.sources.decode import game_of
from gradcheck.tree.sources.encode import data_of
from gradcheck.tree.sources.files import load_game
from gradcheck.tree.sources.toml_json import read_json, read_toml, write_json, write_toml

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="only a timer stops a loader that hangs")

FILES = 6_000  # in each of the two formats
SECONDS = 1.0  # of computing for one file of at most a few kB, which takes about a millisecond
SHAPE = re.compile(r"Expected .+ but got .+=.* \(type=\w+\)(\. .*[.)])?")

EVERYTHING = TabularGame(
    {
        "hall": {0: [(0.25, ("end", 1), -1.5, True), (0.75, (2, (1, True)), "1/3", False)]},
        (2, (1, True)): {1: [("1/3", "hall", 10**20, False), ("2/3", 0, 0, True)], 3: [(1, 7.5, 2, True)]},
    },
    {"hall": "1/4", (2, (1, True)): "3/4"},
    horizon=5,
    observations={"hall": (0.5, 1), (2, (1, True)): "größe"},
    discount=0.9,
)
NO_HORIZON = TabularGame({0: {0: [(1, 1, 1, False)]}, 1: {0: [(1, "end", 2, True)]}}, 0, None)
DATA = [data_of(game) | {"name": "n"} for game in (games.robot(), EVERYTHING, NO_HORIZON)]

TOKEN = re.compile(r'"[^"\n]*"|[\w.+-]+|[^\s\w]')
WORDS = """nan inf -inf NaN -Infinity null true false 0 -1 1.0 1e400 -0.0 1_000 0x1F 2024-01-01 07:32:00 ' \"\"\" "1/0"
"1/3" "-1/2" "1e9" "__import__('os')" "\\ud800" "\\u0000" [] {} [[]] {"a":1} [1,[2]] , : = [ ] { } # a.b "hall" """
ODD_TOKENS = WORDS.split()
ODD_TOKENS += ["9" * 350, "9" * 5000, "1." + "0" * 500, "[" * 2000, '{"a":' * 500, "a." * 50, "\ufeff", "\x00", "\x85"]
ODD_VALUES = [
    *(
        0,
        1,
        -1,
        2,
        0.5,
        1.5,
        -0.0,
        True,
        False,
        "",
        "s",
        "hall",
        "1/2",
        "1/0",
        "-1",
        "0.3",
        "(2, 1)",
        [],
        [[]],
        {},
        [0],
    ),
    *([2, 1], [2, [1, True]], {"state": 0}, [{"state": 0, "probability": 1}], float("nan"), float("inf"), 10**350, "é"),
]
ODD_KEYS = [
    "state",
    "action",
    "next_state",
    "probability",
    "reward",
    "terminated",
    "observation",
    "start",
    "a",
    "",
    "é",
]


def mutate_bytes(rng, content):
    i, j = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    j = min(j, i + 20)
    return rng.choice(
        [
            lambda: content[:i] + bytes([rng.randrange(256)]) + content[i + 1 :],
            lambda: content[:i] + content[j:],
            lambda: content[:i] + rng.randbytes(rng.randint(1, 4)) + content[i:],
            lambda: content[:j] + content[i:j] + content[j:],
            lambda: content[:i],
        ]
    )()


def mutate_tokens(rng, content):
    text = content.decode(errors="replace")
    spans = [found.span() for found in TOKEN.finditer(text)]
    if len(spans) < 2:
        return content
    (a, b), (c, d) = sorted(rng.sample(spans, 2))
    changed = rng.choice(
        [
            lambda: text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:],
            lambda: text[:a] + rng.choice(ODD_TOKENS) + text[b:],
            lambda: text[:a] + text[b:],
            lambda: text[:b] + " " + text[a:],
        ]
    )()
    return changed.encode(errors="surrogatepass")


def mutate_data(rng, data):
    """Change one random part in place."""
    parts = [(data, key) for key in data]
    for holder, key in parts:  # grows while it is walked through
        part = holder[key]
        parts += [(part, i) for i in part] if isinstance(part, dict) else []
        parts += [(part, i) for i in range(len(part))] if isinstance(part, list) else []
    holder, key = rng.choice(parts)
    other, other_key = rng.choice(parts)
    change = rng.randrange(7)
    if change == 0:
        del holder[key]
    elif change == 1:
        holder[key] = [holder[key]]
    elif change == 2:
        holder[key] = copy.deepcopy(other[other_key])
    elif change == 3 and isinstance(holder, dict):
        holder[rng.choice(ODD_KEYS)] = holder.pop(key)
    elif change == 4 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = copy.deepcopy(rng.choice(ODD_VALUES))


def mutated(rng, suffix):
    data = copy.deepcopy(rng.choice(DATA))
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 3)):
            if data:
                mutate_data(rng, data)
        return (tomli_w.dumps(data) if suffix == ".toml" else json.dumps(data)).encode()
    content = (write_toml(data) if suffix == ".toml" else write_json(data)).encode()
    for _ in range(rng.randint(1, 3)):
        content = rng.choice([mutate_bytes, mutate_tokens])(rng, content)
    return content


def result_of(load, path, seconds):
    """What becomes of a file: a kind of refusal, a game, or whatever else happened."""

    def too_late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, too_late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        game = load(path)
    except InvalidArgument as error:
        return f"refused: {str(error).partition(' but got ')[0]}" if SHAPE.fullmatch(str(error)) else f"said: {error}"
    except Exception as error:
        return f"crashed: {type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return "a game" if is_valid(game) else "no valid game"


def is_valid(game):
    """Whether the constructor takes it again, and a file gives it back."""
    if not isinstance(game, TabularGame):
        return False
    try:
        again = TabularGame(game.P, game.start, game.horizon, game.observations, game.discount)
        return again == game == game_of(data_of(game))
    except InvalidArgument:
        return False


def results(load, suffix, folder, *, files, seconds=SECONDS):
    rng = random.Random(f"mutated files {suffix}")
    path, found = folder / f"game{suffix}", Counter()
    for _ in range(files):
        path.write_bytes(mutated(rng, suffix))
        found[result_of(load, path, seconds)] += 1
    return found


def bad(found):
    return {kind: count for kind, count in found.items() if kind != "a game" and not kind.startswith("refused: ")}


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_every_mutated_file_is_a_game_or_refused(suffix, tmp_path):
    found = results(load_game, suffix, tmp_path, files=FILES)
    assert bad(found) == {}
    assert found.total() == FILES
    assert found["a game"] > FILES / 50  # the mutations are not so coarse that nothing passes
    language = f"refused: Expected {suffix[1:].upper()}"
    assert sum(count for kind, count in found.items() if kind not in ("a game", language)) > FILES / 4
    assert len(found) > 20  # different complaints: they reach every part of the reader


@pytest.mark.parametrize(("suffix", "read"), [(".json", read_json), (".toml", read_toml)])
def test_control_a_loader_without_checks_is_caught(suffix, read, tmp_path):
    def unchecked(path):
        data = read(path.read_text(encoding="utf-8"))
        P = {}
        for row in data["transitions"]:
            outcome = row.get("probability", 1), row["next_state"], row.get("reward", 0), row.get("terminated", False)
            P.setdefault(row["state"], {}).setdefault(row["action"], []).append(outcome)
        return TabularGame(P, data["start"], data.get("horizon"))

    found = results(unchecked, suffix, tmp_path, files=300)
    assert {"crashed: KeyError", "crashed: TypeError"} <= set(bad(found))


def test_control_a_loader_that_hangs_is_caught(tmp_path):
    def hanging(path):
        while time.process_time() >= 0:
            pass

    assert results(hanging, ".json", tmp_path, files=2, seconds=0.05) == {"crashed: TimeoutError": 2}


def test_control_what_is_no_valid_game_is_caught(tmp_path):
    broken = copy.copy(games.robot())
    object.__setattr__(broken, "start", {"nowhere": 1})
    for wrong in (None, {}, broken):
        assert results(lambda path, wrong=wrong: wrong, ".json", tmp_path, files=1) == {"no valid game": 1}


def test_control_a_message_of_another_shape_is_caught(tmp_path):
    def curt(path):
        raise InvalidArgument("No.")

    assert results(curt, ".json", tmp_path, files=1) == {"said: No.": 1}
