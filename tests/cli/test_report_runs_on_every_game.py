"""`report` passes on every game of the gallery, on a file, and on games of Gymnasium and OpenSpiel of every
size, and writes valid JSON each time."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gradcheck.report.json_report import load_schema
from gradcheck.tree.games.catalogue import GALLERY

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "tests" / "sources" / "shop.toml"

# All in one process, because importing torch takes longer than most of the reports.
RUN_ALL = """
import sys
from gradcheck.cli.main import main
folder, *names = sys.argv[1:]
codes = [main(["report", "--game", *name.split(" with "), "--episodes", "500", "--json", f"{folder}/{i}.json"])
         for i, name in enumerate(names)]
sys.exit(max(codes))
"""


def run_all(names, folder):
    """The JSON documents of reports on all these games; an option may stand behind a name."""
    command = [sys.executable, "-W", "error", "-c", RUN_ALL, str(folder), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("PASSED") == len(names)
    return {name: json.loads((folder / f"{i}.json").read_text(encoding="utf-8")) for i, name in enumerate(names)}


def check(documents):
    for name, document in documents.items():
        jsonschema.validate(document, load_schema())
        assert document["game"] == name.split(" with ")[0]
        assert document["episodes"] == 500
        assert document["identity_holds"] is document["agrees"] is True


def test_on_every_game_of_the_gallery_and_on_a_file(tmp_path):
    documents = run_all([*GALLERY, str(FILE)], tmp_path)
    check(documents)
    assert all(document["enumerated"] for document in documents.values())
    assert all(document["finite_batch"] for document in documents.values())


def test_on_games_of_gymnasium(tmp_path):
    names = ("FrozenLake-v1", "Blackjack-v1", "Taxi-v4", "CliffWalking-v1 with --horizon=100")
    lake, blackjack, taxi, cliff = (f"gymnasium:{name}" for name in names)
    documents = run_all([lake, blackjack, taxi, cliff], tmp_path)
    check(documents)
    assert not any(document["enumerated"] for document in documents.values())
    assert documents[lake]["size"]["longest_episode"] == 100
    assert documents[cliff]["size"]["longest_episode"] == 100
    assert documents[lake]["snapped"] == [
        {"given": 0.33333333333333337, "read_as": "1/3"},
        {"given": 0.3333333333333333, "read_as": "1/3"},
    ]
    assert len(documents[taxi]["variables"]) == 400 * 6
    assert documents[taxi]["unreachable_states"]
    assert documents[taxi]["expected_return"]["exact"] is None  # would take too long
    assert documents[blackjack]["expected_return"]["exact"] is not None


def test_on_games_of_openspiel(tmp_path):
    kuhn, leduc = "openspiel:kuhn_poker", "openspiel:leduc_poker"
    documents = run_all([kuhn, leduc], tmp_path)
    check(documents)
    assert documents[kuhn]["enumerated"]
    assert documents[leduc]["expected_return"]["exact"] == "-5/64"
    assert documents[leduc]["identity_error_probability"] == 0  # small enough to compare coefficients
    # Against uniform play, by OpenSpiel's own best_response.BestResponsePolicy: 2.0875.
    assert documents[leduc]["best_deterministic_return"]["exact"] == "167/80"


def test_control_a_game_that_is_none_does_not_run(tmp_path):
    with pytest.raises(AssertionError, match="Did you mean robot"):
        run_all(["robot", "robto"], tmp_path)
