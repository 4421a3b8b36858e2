"""The search asks no more often than it may, never twice the same, and leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import InvalidArgument
from gradcheck.checking.counterexample.search import find_counterexample
from gradcheck.games import survey

ROOT = Path(__file__).resolve().parents[3]


class Asked:
    """A question that remembers what it was asked."""

    def __init__(self, fails):
        self.fails, self.every = fails, []

    def __call__(self, game, policy, batch):
        self.every.append((game, policy, batch))
        return self.fails(game, policy, batch)


def never(game, policy, batch):
    return False


def off_the_ladder(game, policy, batch):
    return game.horizon == 3 and len(game.start) == 2


@pytest.mark.parametrize("most", [1, 7, 60, 250])
def test_no_more_questions_than_allowed(most):
    asked = Asked(never)
    assert find_counterexample(asked, seed=0, max_examples=most) is None
    assert 0.8 * most <= len(asked.every) <= most


def test_no_question_twice_and_none_about_a_large_game():
    asked = Asked(never)
    find_counterexample(asked, seed=0, batches=(1, 2))
    assert all(one not in asked.every[:place] for place, one in enumerate(asked.every))
    assert {batch for *_, batch in asked.every} == {1, 2}
    assert max(survey(game).episodes for game, _, batch in asked.every if batch == 2) == 9  # 45 different pairs
    assert max(len(game.P) for game, *_ in asked.every) == 2


def test_it_counts_its_questions_while_it_shrinks_too():
    asked = Asked(off_the_ladder)
    found = find_counterexample(asked, seed=0, max_examples=240)
    assert found.calls == len(asked.every) <= 240
    assert off_the_ladder(found.game, found.policy, found.batch)


def test_the_same_seed_finds_the_same_on_the_same_way():
    one, again, other = Asked(off_the_ladder), Asked(off_the_ladder), Asked(off_the_ladder)
    found = [find_counterexample(asked, seed=seed) for asked, seed in ((one, 3), (again, 3), (other, 4))]
    assert found[0] == found[1]
    assert one.every == again.every
    assert one.every != other.every


def test_without_hypothesis_the_ladder_is_all_there_is(monkeypatch):
    assert find_counterexample(off_the_ladder, seed=0) is not None
    monkeypatch.setitem(sys.modules, "hypothesis", None)  # as if it were not installed
    assert find_counterexample(off_the_ladder, seed=0) is None
    assert find_counterexample(lambda game, policy, batch: game.horizon == 2, seed=0) is not None


@settings(max_examples=3)
@given(st.integers(0, 9))
def test_it_runs_inside_a_test_of_hypothesis(seed):
    assert find_counterexample(lambda game, policy, batch: game.horizon == 2, seed=seed) is not None
    assert find_counterexample(off_the_ladder, seed=seed) is None  # there, the ladder is all there is


def test_it_writes_no_files_where_it_runs(tmp_path):
    code = (
        "from gradcheck.checking.counterexample.search import find_counterexample\n"
        "fails = lambda game, policy, batch: game.horizon == 3 and len(game.start) == 2\n"
        "assert find_counterexample(fails, seed=0) is not None\n"
    )
    command = [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", [3, 120])  # on the ladder, and in what Hypothesis draws
def test_an_error_of_the_question_comes_out_as_it_is(at):
    asked = Asked(lambda *_: 1 / 0 if len(asked.every) == at else False)
    with pytest.raises(ZeroDivisionError):
        find_counterexample(asked, seed=0)
    assert len(asked.every) == at


@pytest.mark.parametrize("options", [{"max_examples": 0}, {"batches": ()}, {"batches": (2, 0)}])
def test_nothing_to_try_is_refused(options):
    with pytest.raises(InvalidArgument, match="Expected a whole number, 1 or more"):
        find_counterexample(never, seed=0, **options)
