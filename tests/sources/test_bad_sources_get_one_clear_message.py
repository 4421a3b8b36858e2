"""An environment or game that cannot be read raises InvalidArgument; its one line says why, and what would do.

The texts are in the snapshot, to be read. What each must name stands here beside the input.
"""

import re
import subprocess
import sys

import numpy as np
import pytest

from gradcheck import InvalidArgument, unroll
from gradcheck.tree.sources.from_gymnasium import from_gymnasium
from gradcheck.tree.sources.from_openspiel import from_openspiel
from gradcheck.tree.sources.optional_dependency import optional_module

gymnasium = optional_module("gymnasium", "gymnasium")
pyspiel = optional_module("pyspiel", "openspiel")
SHAPE = re.compile(r"Expected .+ but got .+=.* \(type=\w+\)(\. .+)?")
KUHN = dict.fromkeys(("0p", "1p", "2p", "0b", "1b", "2b"), ("1/2", "1/2"))


class Grid(gymnasium.Env):
    """An environment of one state, with something of a table missing or odd."""

    def __init__(self, **parts):
        self.observation_space = gymnasium.spaces.Discrete(1)
        self.action_space = gymnasium.spaces.Discrete(1)
        self.P = {0: {0: [(1.0, 0, 1.0, True)]}}
        self.initial_state_distrib = np.array([1.0])
        for name, value in parts.items():
            if value is None:
                delattr(self, name)
            else:
                setattr(self, name, value)


def env(env_or_id, **options):
    return lambda: from_gymnasium(env_or_id, **options)


def grid(**parts):
    return lambda: from_gymnasium(Grid(**parts), horizon=1)


def spiel(name, **options):
    return lambda: from_openspiel(name, **options)


def twice(cell):
    def take():
        game = from_openspiel("tic_tac_toe", opponents="same")
        ((_, start),) = game.starts()
        ((_, after, _, _),) = game.step(start, cell)
        game.step(after, cell)

    return take


def kuhn(seen, row):
    return played("kuhn_poker", opponents=KUHN | {seen: row})


def played(name, **options):
    return lambda: unroll(from_openspiel(name, **options), max_nodes=10_000)


BAD = {
    "gymnasium: a misspelt id": ("FrozenLake-v1", env("FrozenLak-v1")),
    "gymnasium: an old version": ("Taxi-v4", env("Taxi-v3")),
    "gymnasium: nothing like it": ("Xyzzy", env("Xyzzy-v0")),
    "gymnasium: no id": ("Malformed", env("")),
    "gymnasium: an option it does not have": ("colour", env("FrozenLake-v1", colour="red")),
    "gymnasium: a map it does not have": ("9x9", env("FrozenLake-v1", map_name="9x9")),
    "gymnasium: a module that is not there": ("No module named", env("nowhere_at_all:Env-v0")),
    "gymnasium: no environment": ("env_or_id=3", env(3)),
    "gymnasium: a class": ("env_or_id", env(Grid)),
    "gymnasium: options for an environment": ("is_slippery", env(Grid(), is_slippery=True)),
    "gymnasium: no table": ("CartPoleEnv has no env.unwrapped.P", env("CartPole-v1")),
    "gymnasium: no start": ("initial_state_distrib", grid(initial_state_distrib=None)),
    "gymnasium: other observations": ("Box", grid(observation_space=gymnasium.spaces.Box(0, 1))),
    "gymnasium: more than its table": ("fickle", env("Taxi-v4", fickle_passenger=True)),
    "gymnasium: no time limit": ("horizon=None", env("CliffWalking-v1")),
    "gymnasium: a time limit taken off": ("horizon=None", env("FrozenLake-v1", max_episode_steps=-1)),
    "gymnasium: a horizon of 0": ("horizon=0", env("Taxi-v4", horizon=0)),
    "gymnasium: a discount of 2": ("discount=2", env("Blackjack-v1", discount=2)),
    "gymnasium: a wrapper that changes rewards": (
        "TransformReward",
        env(gymnasium.wrappers.TransformReward(gymnasium.make("FrozenLake-v1"), lambda reward: 2 * reward)),
    ),
    "gymnasium: chances with another sum": (
        "They sum to 0.75",
        grid(P={0: {0: [(0.5, 0, 1, True), (0.25, 0, 0, True)]}}),
    ),
    "gymnasium: outcomes of three parts": ("P[0][0][0]", grid(P={0: {0: [(1.0, 0, 1.0)]}})),
    "gymnasium: an unknown next state": ("next_state in P[0][0][0]", grid(P={0: {0: [(1.0, 7, 1.0, False)]}})),
    "gymnasium: a reward of infinity": ("inf", grid(P={0: {0: [(1.0, 0, float("inf"), True)]}})),
    "gymnasium: an unknown first state": ("start", grid(initial_state_distrib=np.array([0.5, 0.5]))),
    "openspiel: a misspelt name": ("kuhn_poker", spiel("kuhn_pokr")),
    "openspiel: nothing like it": ("registered_names", spiel("xyzzy")),
    "openspiel: no name": ("name_or_game=''", spiel("")),
    "openspiel: no game": ("name_or_game=3", spiel(3)),
    "openspiel: a parameter it does not have": ("foo", spiel("leduc_poker(foo=3)")),
    "openspiel: too many players": ("players=99", spiel("kuhn_poker(players=99)")),
    "openspiel: an open bracket": ("bracket", spiel("kuhn_poker(")),
    "openspiel: a crowd": ("a crowd moves", spiel("mfg_garnet")),
    "openspiel: chances without probabilities": ("samples chance", spiel("tarok")),
    "openspiel: a third player of two": ("player=2", spiel("kuhn_poker", player=2)),
    "openspiel: a player of True": ("player=True", spiel("kuhn_poker", player=True)),
    "openspiel: a word for opponents": ("opponents='best'", spiel("kuhn_poker", opponents="best")),
    "openspiel: a list of opponents": ("opponents=", spiel("kuhn_poker", opponents=np.ones(2))),
    "openspiel: positions of a game with secrets": ("perfect information", spiel("kuhn_poker", observe="state")),
    "openspiel: an observation it does not have": ("observe", spiel("liars_dice", observe="observation")),
    "openspiel: a horizon of -1": ("horizon=-1", spiel("kuhn_poker", horizon=-1)),
    "openspiel: a discount of 2": ("discount=2", spiel("kuhn_poker", discount=2)),
    "openspiel: a row that is missing": ("has no row there", played("kuhn_poker", opponents={"1p": (1, 0)})),
    "openspiel: a row with another sum": ("They sum to 9/10", kuhn("0p", ("1/2", "4/10"))),
    "openspiel: a row of three": ("opponents['0p']", kuhn("0p", (1, 0, 0))),
    "openspiel: a row of text": ("opponents['0p']", kuhn("0p", "10")),
    "openspiel: an action that is none": ("-1", kuhn("0p", {-1: 1})),
    "openspiel: an illegal action": (
        "probability 0 for an illegal action",
        played("nim(pile_sizes=1;1)", opponents={"0": {0: 1}, "1": {0: 1}}),
    ),
    "openspiel: observations that hide what is legal": ("looks the same", played("leduc_poker", observe="observation")),
    "openspiel: a game too large": ("max_nodes=10000", played("tic_tac_toe", opponents="same")),
    "openspiel: a move that cannot be made": ("OpenSpiel says", twice(4)),
    "openspiel: too many deals": ("250,000 moves between two decisions", played("blackjack")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_source_gets_one_clear_message(name, snapshot):
    named, call = BAD[name]
    message = message_of(call)
    assert named in message
    assert re.sub(r"0x[0-9a-f]+", "0x…", message) == snapshot


def message_of(call):
    try:
        call()
    except InvalidArgument as error:
        message = str(error)
    else:
        pytest.fail("It was accepted.")
    assert SHAPE.fullmatch(message), message
    assert len(message) < 600
    return message


@pytest.mark.parametrize("name", ["kuhn_pokr", "leduc_poker(foo=3)", "kuhn_poker("])
def test_openspiel_says_nothing_on_stderr(name, capfd):
    message_of(spiel(name))
    assert capfd.readouterr() == ("", "")


def test_a_closed_stderr_does_no_harm():
    code = (
        "import os, gradcheck; from gradcheck.tree.sources.from_openspiel import from_openspiel; os.close(2)\n"
        "try: from_openspiel('kuhn_poker(')\n"
        "except gradcheck.InvalidArgument as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Expected a game that OpenSpiel can load but got name_or_game='kuhn_poker('")


def test_control_openspiel_itself_does(capfd):
    with pytest.raises(pyspiel.SpielError):
        pyspiel.load_game("kuhn_poker(")
    assert "OpenSpiel exception" in capfd.readouterr().err


GOOD = {
    "FrozenLake": env("FrozenLake-v1"),
    "the grid": grid(),
    "Kuhn poker": spiel("kuhn_poker"),
    "Kuhn poker against a table": played("kuhn_poker", opponents=KUHN),
}


@pytest.mark.parametrize("name", GOOD)
def test_control_good_sources_are_accepted(name):
    with pytest.raises(pytest.fail.Exception, match="accepted"):
        message_of(GOOD[name])
