"""``python -m gradcheck check`` exits with 0 on a right loss and 1 on a wrong one, and says why, in order."""

import json
import pickle
import re

import jsonschema
import pytest

from gradcheck import check as check_function
from gradcheck.checking.rendering.json_result import load_schema
from gradcheck.cli.check import exit_code
from tests.check.rendering.results import MADE

QUICK = ("--batch", 2, "--no-counterexample")
GAME = ("--game", "stop_go")
NETWORKS = """
import torch

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2)).double()
table = {"first": ("1/4", "3/4"), "second": ("1/3", "2/3")}


def make(observation_size, num_actions):
    return torch.nn.Linear(observation_size, num_actions).double()
"""


def document_at(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(load_schema()).validate(document)
    return document


@pytest.mark.parametrize("arguments", [("losses.py:right",), ("losses:right", *GAME)], ids=["file", "module"])
def test_a_right_loss_passes(check, arguments):
    run = check(*arguments, *QUICK)
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("UNBIASED: ")


@pytest.fixture(scope="module")
def wrong(check, tmp_path_factory):
    """A wrong loss on the battery: the run, and its JSON."""
    path = tmp_path_factory.mktemp("wrong") / "result.json"
    return check("losses.py:immediate", "--batch", 2, "--seed", 3, "--json", path), document_at(path)


def test_a_wrong_loss_fails(wrong):
    run, _ = wrong
    assert (run.code, run.err) == (1, "")
    assert run.out.startswith("BIASED: ")
    assert 'immediate FAILS (accept="proportional")' in run.out
    assert "Why (immediate_reward)" in run.out


def test_the_page_of_a_real_result_fits_one_screen(wrong, check):
    page = wrong[0].out.partition("result.counterexample.code is:\n")[0]
    assert len(page.splitlines()) <= 24
    assert max(map(len, wrong[0].out.splitlines())) <= 80
    assert len(check("losses.py:right", *QUICK).out.splitlines()) <= 14


def test_its_counterexample_is_code_that_fails(wrong, folder):
    """Run as it is printed, but for the indent."""
    run, document = wrong
    printed = run.out.partition("result.counterexample.code is:\n")[2]
    assert printed.split() == document["counterexample"]["code"].split()
    names = {}
    exec((folder / "losses.py").read_text(), names)
    with pytest.raises(AssertionError, match="immediate is biased"):
        exec(document["counterexample"]["code"], names)


def test_its_json_says_the_same(wrong):
    run, document = wrong
    assert (document["loss"], document["verdict"], document["batch"]) == ("immediate", "biased", 2)
    assert (document["passed"], document["seed"]) == (False, 3)
    assert document["findings"][0]["cause"] == "immediate_reward"
    assert f"{document['batches']:,} batches enumerated" in run.out


@pytest.mark.parametrize(("accept", "code"), [((), 0), (("--accept", "unbiased"), 1)], ids=["default", "unbiased"])
def test_accept_decides(check, accept, code):
    run = check("losses.py:half", *QUICK, *GAME, *accept)
    assert run.code == code
    assert run.out.startswith("PROPORTIONAL: ")
    assert "scale 0.5" in run.out


def test_conditions_are_those_asked_for(check, tmp_path):
    asked = ("--condition", "complete_episodes", "--condition", "moved_parameters")
    run = check("losses.py:right", *QUICK, *GAME, *asked, "--json", tmp_path / "result.json")
    assert run.code == 1
    document = document_at(tmp_path / "result.json")
    assert document["conditions"] == ["complete_episodes", "moved_parameters"]
    assert document["by_condition"]["complete_episodes"] == "unbiased"
    assert document["by_condition"]["moved_parameters"] == "biased"


@pytest.mark.parametrize(("reference", "verdict"), [("return", "biased"), ("stepwise", "biased"), ("ppo", None)])
def test_what_is_true_and_several_conditions_at_once_are_asked_for(check, tmp_path, reference, verdict):
    asked = ("--condition", "moved_parameters+groups", "--batch", "2x2", "--reference", reference)
    run = check("losses.py:right", *QUICK, *GAME, *asked, "--json", tmp_path / "result.json")
    if verdict is None:
        assert run.code == 2
        return
    assert document_at(tmp_path / "result.json")["by_condition"]["groups + moved_parameters"] == verdict


def test_groups_are_written_with_an_x(check, tmp_path):
    run = check("losses.py:right", "--batch", "2x2", "--collect", "groups", *GAME, "--json", tmp_path / "result.json")
    assert (run.code, run.err) == (0, "")
    document = document_at(tmp_path / "result.json")
    assert (document["batch"], document["conditions"]) == ([2, 2], ["groups"])


@pytest.mark.parametrize("game", ["stop_go", "hallway"])
def test_a_game_of_the_gallery(check, game):
    run = check("losses.py:right", *QUICK, "--game", game)
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("UNBIASED: ")


@pytest.mark.parametrize("policy", ["network", "table", "make"])
def test_a_policy_of_one_s_own(check, folder, policy):
    (folder / "networks.py").write_text(NETWORKS)
    run = check("losses.py:right", *QUICK, *GAME, "--policy", f"networks.py:{policy}")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("UNBIASED: ")


def test_policies_that_return_a_categorical(check):
    run = check("losses.py:categorical", *QUICK, "--policy", "categorical")
    assert (run.code, run.err) == (0, "")


@pytest.mark.parametrize("name", MADE)
def test_the_exit_code_says_what_was_decided(name):
    codes = {
        "biased": 1,
        "two_mistakes": 1,
        "consistent": 1,
        "zero": 1,
        "many_parameters": 1,
        "undecided_limit": 1,
        "found_by_searching": 1,
        "inconclusive": 3,
    }
    assert exit_code(MADE[name]()) == codes.get(name, 0)


def test_it_prints_the_page_of_the_function(check, folder):
    """Word for word, the seconds aside; rich breaks lines elsewhere."""
    names = {}
    exec((folder / "losses.py").read_text(), names)
    result = check_function(names["right"], batch=2)
    assert words(check("losses.py:right", *QUICK).out) == words(str(result))
    assert words(str(pickle.loads(pickle.dumps(result)))) == words(str(result))


def test_control_another_batch_is_another_page(check):
    three = check("losses.py:right", "--batch", 3, "--no-counterexample", *GAME)
    assert words(three.out) != words(check("losses.py:right", *QUICK, *GAME).out)


def words(text):
    return re.sub(r"[\d.]+ seconds", "seconds", text).split()
