"""``check``, the assertions and the command line take ``search``, and the page and the JSON show what came of it."""

import jsonschema
import pytest

from gradcheck import GradcheckError, InvalidArgument, assert_proportional, check
from gradcheck.checking.rendering.json_result import load_schema, to_dict
from gradcheck.cli.main import main
from tests.check.search.losses import right, seventh_step_cut
from tests.exhaustive import exhaustive

FILE = """
from gradcheck.estimators import action_log_probs


def cut(policy, episodes):
    weights = episodes.future_returns * (episodes.time_steps < len("seldom"))
    return -(action_log_probs(policy, episodes) * weights).sum() / episodes.num_episodes


def right(policy, episodes):
    return -(action_log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes
"""


@pytest.fixture(scope="module")
def found():
    with pytest.raises(GradcheckError) as failed:
        assert_proportional(seventh_step_cut, search=60, all_conditions=False)
    return failed.value


def test_an_assertion_fails_and_says_where(found):
    assert "Worst on found by searching (complete_episodes): " in str(found)
    assert "Cause (found_by_searching): The loss passes on all the other probes" in str(found)
    assert found.result.counterexample.code.splitlines()[-1].strip() in str(found)


def test_the_page_says_how_many_were_tried(found):
    tried = found.result.searched.tried
    assert f"the last of {tried} games, policies and batch sizes fails." in " ".join(str(found.result).split())


def test_the_json_says_it_too(found):
    document = to_dict(found.result)
    jsonschema.Draft202012Validator(load_schema()).validate(document)
    assert document["searched"]["found"] is True
    assert document["probes"][-1]["probe"] == "found by searching"


def test_none_fails():
    result = check(right, search=0.2, all_conditions=False)
    assert result
    assert result.searched.seconds >= 0.2
    assert "games, policies and batch sizes, none fails." in " ".join(str(result).split())
    assert to_dict(result)["searched"]["found"] is False


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "soon", True, None])
def test_what_is_no_number_of_seconds_is_refused(bad):
    with pytest.raises(InvalidArgument, match="but got search="):
        check(right, search=bad)


@pytest.mark.parametrize(
    ("name", "seconds", "code"), [pytest.param("cut", "60", 1, marks=exhaustive), ("right", "0.2", 0), ("cut", "0", 0)]
)
def test_the_command_line_takes_it(tmp_path, capsys, name, seconds, code):
    path = tmp_path / "losses.py"
    path.write_text(FILE, encoding="utf-8")
    assert main(["check", f"{path}:{name}", "--search", seconds]) == code
    out = " ".join(capsys.readouterr().out.split())
    assert ("Searched for" in out) is (seconds != "0")
    assert ("assert_proportional(cut, game, policy, batch=4)" in out) is (code == 1)


@pytest.mark.parametrize("bad", ["-1", "nan", "soon"])
def test_the_command_line_refuses_the_same(tmp_path, capsys, bad):
    with pytest.raises(SystemExit) as ended:
        main(["check", "losses.py:right", f"--search={bad}"])
    assert ended.value.code == 2
    assert "Expected a number of seconds, 0 or more but got --search=" in " ".join(capsys.readouterr().err.split())
