"""What ``as_code`` writes runs where it is pasted, and makes an equal game, the same policy and the call."""

import datetime
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import InvalidArgument, TabularGame, TabularPolicy, games
from gradcheck.checking.counterexample.as_code import as_code
from gradcheck.checking.counterexample.search import find_counterexample
from gradcheck.games import uniform_policy
from gradcheck.strategies import games as any_games
from gradcheck.strategies import policies


def loss(policy, episodes):
    """Only its name matters here."""


@pytest.fixture
def calls(monkeypatch):
    """What the pasted code hands over: [(loss, game, policy, options)]."""
    made = []

    def record(*nouns, **options):
        made.append((*nouns, options))

    monkeypatch.setattr(gradcheck, "assert_unbiased", record, raising=False)
    return made


def pasted(code, calls):
    exec(compile(code, "pasted", "exec"), {"loss": loss})
    return calls.pop()


def assert_same(game, table, calls, batch=1):
    its_loss, its_game, its_policy, options = pasted(as_code(game, table, batch, "loss"), calls)
    assert its_loss is loss
    assert its_game == game
    assert its_policy.logits.tolist() == TabularPolicy(game, table).logits.tolist()
    assert options == {"batch": batch}


def test_every_game_of_a_search_comes_back(calls):
    asked = []
    find_counterexample(lambda *where: asked.append(where) or False, seed=0)
    assert len(asked) == 200
    for game, table, batch in asked:
        assert_same(game, table, calls, batch)


@pytest.mark.parametrize(
    "game",
    [
        games.stop_go(discount="1/3"),
        games.hallway(),
        games.robot(),
        TabularGame({'it\'s "a" \\': {0: [(0.25, "end", 1e-3, True), (0.75, "end", -2, True)]}}, 'it\'s "a" \\', 1),
        TabularGame({True: {2: [(1, None, 0, True)]}, 2.5: {1: [(1, b"", 0, True)]}}, {True: 0.5, 2.5: 0.5}, None),
        games.kuhn_poker(),
    ],
    ids=["discount", "shared observations", "tuples", "quotes and floats", "odd states", "many states"],
)
def test_games_of_other_kinds_come_back(game, calls):
    numbers = Random(0)
    table = {}
    for seen, row in uniform_policy(game).items():
        odds = [numbers.randint(1, 4) if probability else 0 for probability in row]
        table[seen] = tuple(Fraction(part, sum(odds)) for part in odds)
    assert_same(game, table, calls)
    assert_same(game, uniform_policy(game), calls)


@settings(max_examples=60)
@given(data=st.data())
def test_any_game_comes_back(data):
    game = data.draw(any_games())
    table = data.draw(policies(game))
    with pytest.MonkeyPatch.context() as patch:
        made = []
        patch.setattr(gradcheck, "assert_unbiased", lambda *nouns, **options: made.append((*nouns, options)), False)
        assert_same(game, table, made)


def test_only_what_is_needed_is_written():
    short = as_code(games.bandit(), uniform_policy(games.bandit()), 1, "loss")
    assert "policy = TabularPolicy(game)\n" in short
    assert not {"Fraction", "observations", "discount"} & set(short.replace("=", " ").split())
    long = as_code(games.hallway(), {(0,): ("1/3", "2/3"), (1,): ("1/2", "1/2")}, (2, 3), "grpo", "assert_proportional")
    assert 'TabularPolicy(game, {(0,): ("1/3", "2/3"), (1,): ("1/2", "1/2")})' in long
    assert "    observations=" in long
    assert long.endswith("\nassert_proportional(grpo, game, policy, batch=(2, 3))")


def test_a_loss_without_a_name_is_called_loss():
    written = as_code(games.bandit(), uniform_policy(games.bandit()), 1, "<lambda>", options={"collect": "steps"})
    assert written.endswith('\nassert_unbiased(loss, game, policy, batch=1, collect="steps")')


@pytest.mark.parametrize("state", [datetime.date(2000, 1, 1), ("x", Fraction(1, 2)), frozenset({1})])
def test_what_cannot_be_written_down_is_refused(state):
    game = TabularGame({state: {0: [(1, "end", 0, True)]}}, state, 1)
    with pytest.raises(InvalidArgument, match="Expected numbers, text or tuples of these"):
        as_code(game, uniform_policy(game), 1, "loss")


def test_control_another_game_is_noticed(calls):
    game, other = games.stop_go(stop=1), games.stop_go(stop=2)
    code = as_code(game, uniform_policy(game), 1, "loss")
    assert pasted(code, calls)[1] != other
    with pytest.raises(AssertionError):
        assert_same(other, {"first": (1, 0), "second": (1, 0)}, [pasted(code, calls)])
