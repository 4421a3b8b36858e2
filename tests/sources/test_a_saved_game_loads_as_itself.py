"""What is saved is loaded again, equal: every state and observation, every number exactly and of its own kind."""

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import InvalidArgument, TabularGame, games
from gradcheck.strategies import robot_games
from gradcheck.tree.sources.files import load_game, save_game
from tests.exhaustive import examples

SUFFIXES = (".toml", ".json")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
VALUES = st.recursive(TEXTS | NUMBERS, lambda parts: st.lists(parts, max_size=3).map(tuple), max_leaves=6)
REWARDS = st.integers(-(10**300), 10**300) | st.fractions() | st.floats(allow_nan=False, allow_infinity=False)
DISCOUNTS = st.just(1) | st.fractions(0, 1) | st.floats(0, 1)


@st.composite
def distributions(draw, size):
    """Fractions, or floats that sum to 1 but for rounding; outcomes of probability 0 too."""
    parts = draw(st.lists(st.integers(0, 20), min_size=size, max_size=size).filter(any))
    divide = draw(st.sampled_from([Fraction, lambda part, whole: part / whole]))
    return [divide(part, sum(parts)) for part in parts]


@st.composite
def tabular_games(draw):
    """Any states and observations that a file can hold, illegal actions, several starts, with a horizon or without."""
    states = draw(st.lists(VALUES, min_size=1, max_size=4, unique=True))
    horizon = draw(st.none() | st.integers(1, 10**6))
    legal = st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True)
    P = {}
    for i, state in enumerate(states):
        following = states if horizon is not None else states[i + 1 :]  # without a horizon none may come again
        goes_on = st.tuples(st.sampled_from(following), st.just(False)) if following else st.nothing()
        P[state] = {}
        for action in draw(legal):
            ends = draw(st.lists(goes_on | st.tuples(VALUES, st.just(True)), min_size=1, max_size=3))
            chances = draw(distributions(len(ends)))
            P[state][action] = [
                (chance, after, draw(REWARDS), end) for chance, (after, end) in zip(chances, ends, strict=True)
            ]
    start = draw(st.sampled_from(states) | distributions(len(states)).map(lambda row: dict(zip(states, row))))
    observations = None
    if draw(st.booleans()):
        seen = draw(st.lists(VALUES, min_size=len(states), max_size=len(states), unique=True))
        first_alike = {state: next(other for other in states if P[other].keys() == P[state].keys()) for state in states}
        shared = draw(st.booleans())
        names = dict(zip(states, seen))
        observations = {state: names[first_alike[state] if shared else state] for state in states}
    return TabularGame(P, start, horizon, observations, draw(DISCOUNTS))


def after_saving(game, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"game{suffix}"
        save_game(game, path)
        return load_game(path)


def numbers(game):
    """Every number of a game, in order, with its kind: 1/2 equals 0.5, and yet a float is not exact."""
    rows = [outcome for row in game.P.values() for outcomes in row.values() for outcome in outcomes]
    found = [*(chance for chance, *_ in rows), *(reward for _, _, reward, _ in rows), *game.start.values()]
    return [repr(value) for value in [*found, game.discount, game.horizon]]


def is_same(one, other):
    return one == other and numbers(one) == numbers(other) and list(one.P) == list(other.P)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(game=tabular_games())
@examples(300)  # each draws dozens of values and writes a file
def test_any_game_that_a_file_can_hold(suffix, game):
    assert is_same(after_saving(game, suffix), game)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(game=robot_games())
@settings(max_examples=50)  # the shape is always the same
def test_the_robot_s_games(suffix, game):
    assert is_same(after_saving(game, suffix), game)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path, suffix):
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    save_game(games.robot(), first)
    save_game(load_game(first), second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_text_can_name_a_state(suffix):
    awkward = [chr(code) for code in [*range(0x80), 0x85, 0x2028, 0xFEFF, 0xFFFF, 0x1F916]]
    awkward += ['"""', "'''", "a\r\nb", "# no comment", "[table]", "(2, 1)", "1", "true", "\\u0041", ""]
    for text in awkward:
        game = TabularGame({text: {0: [(1, text, 0, True)]}}, text, None)
        assert is_same(after_saving(game, suffix), game), repr(text)


LOOKS_SLOW = {"a long number": "1" * 401, "a long key": ".".join(["a"] * 21)}


@pytest.mark.parametrize("name", LOOKS_SLOW)
def test_text_that_looks_like_what_toml_is_guarded_against_goes_into_json(tmp_path, name):
    text = LOOKS_SLOW[name]
    game = TabularGame({text: {0: [(1, text[:-1], 0, True)]}}, text, None)
    assert is_same(after_saving(game, ".json"), game)
    with pytest.raises(InvalidArgument, match="Expected TOML"):
        save_game(game, tmp_path / "game.toml")
    assert list(tmp_path.iterdir()) == []
    shorter = TabularGame({text[:-2]: {0: [(1, "end", 0, True)]}}, text[:-2], None)
    assert is_same(after_saving(shorter, ".toml"), shorter)


def test_control_a_float_in_the_place_of_a_fraction_is_noticed():
    rational = TabularGame({"s": {0: [("1/2", "s", 1, True), ("1/2", "s", 0, True)]}}, "s", 1)
    rounded = TabularGame({"s": {0: [(0.5, "s", 1, True), (0.5, "s", 0, True)]}}, "s", 1)
    assert rational == rounded
    assert not is_same(rational, rounded)


def test_control_a_state_or_observation_that_changed_is_noticed():
    ends = {0: [(1, "end", 0, True)]}
    game = TabularGame({(2, 1): ends}, (2, 1), 1)
    assert not is_same(game, TabularGame({"(2, 1)": ends}, "(2, 1)", 1))
    assert not is_same(game, TabularGame({(2, 1): ends}, (2, 1), 1, {(2, 1): "seen"}))
