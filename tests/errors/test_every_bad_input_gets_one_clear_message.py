"""Every bad argument raises InvalidArgument, and its one line names the argument, its value and what to do.

The texts are in the snapshot, to be read. What each must name stands here beside the input.
"""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Categorical

from gradcheck import (
    InvalidArgument,
    LinearPolicy,
    TabularGame,
    TabularPolicy,
    best_strategy,
    expected_return,
    games,
    partials,
    policy_gradient,
    sample,
    symbolic_sums,
    train,
)
from gradcheck.estimators.episodes import from_steps
from gradcheck.report.data import make_report
from gradcheck.tree.unroll import unroll

ROBOT, POLICY, START = games.robot(), games.robot_policy(), (2, 1)
ENDS = [(1, "end", 0, True)]
SHAPE = re.compile(r"Expected .+ but got .+=.* \(type=\w+\)(\. .*[.)])?")


def game(outcomes=ENDS, start="s", horizon=1, **options):
    return lambda: TabularGame({"s": {0: outcomes}}, start, horizon, **options)


def action(number):
    return lambda: TabularGame({"s": {number: ENDS}}, "s", 1)


def chances(*values):
    return game([(value, "end", 0, True) for value in values])


def reward(value):
    return game([(1, "end", value, True)])


def outcome(*row):
    return game([row])


def next_state(state, terminated=True):
    return game([(1, state, 0, terminated)])


def row(value):
    return lambda: expected_return(ROBOT, POLICY | {START: value})


def policy(value):
    return lambda: expected_return(ROBOT, value)


def logits(output):
    return lambda: expected_return(ROBOT, lambda observations: output)


def two_states(observations, first, second):
    rows = {"s": dict.fromkeys(first, ENDS), "t": dict.fromkeys(second, ENDS)}
    return lambda: TabularGame(rows, "s", 1, observations)


def steps(**changed):
    lists = {"observations": [(0,)], "actions": [0], "rewards": [1], "dones": [True]} | changed
    return lambda: from_steps(**lists)


def cycle(horizon):
    return TabularGame({"s": {0: [(1, "s", 0, False)], 1: [(1, "s", 0, False)]}}, "s", horizon)


GAP = TabularGame({"s": {0: ENDS, 2: ENDS}}, "s", 1)
BATCH = sample(ROBOT, POLICY, 3, 0)

# A name for the snapshot, what the message must name, and the call.
BAD = {
    # Probabilities
    "probabilities that sum to 5/6": ("P['s'][0]", chances("1/2", "1/3")),
    "floats that sum to 0.9999999": ("P['s'][0]", chances(0.5, 0.4999999)),
    "a negative probability": ("P['s'][0][0]", chances("-1/10", "11/10")),
    "a probability above 1": ("P['s'][0][1]", chances(0, 2)),
    "a probability of NaN": ("P['s'][0][0]", chances(math.nan, 1)),
    "a probability of True": ("P['s'][0][0]", chances(True)),
    "a probability of None": ("P['s'][0][0]", chances(None)),
    "starts that sum to 1/2": ("start={'s': 0.5}", game(start={"s": 0.5})),
    "a start of probability -1": ("start['s']=-1", game(start={"s": -1})),
    # Numbers
    "a reward of NaN": ("the reward in P['s'][0][0]=nan", reward(math.nan)),
    "a reward of minus infinity": ("=-inf", reward(-math.inf)),
    "a reward of numpy's NaN": ("type=float32", reward(np.float32("nan"))),
    "a reward of Decimal NaN": ("Decimal('NaN')", reward(Decimal("NaN"))),
    "a reward of Decimal signaling NaN": ("Decimal('sNaN')", reward(Decimal("sNaN"))),
    "a reward of Decimal infinity": ("Decimal('-Infinity')", reward(Decimal("-Infinity"))),
    "a Decimal of a billion digits": ("range of float64", reward(Decimal("1E+999999999"))),
    "a Decimal of a billion decimals": ("range of float64", reward(Decimal("1E-999999999"))),
    "a text of a billion digits": ("exponent", reward("1e999999999")),
    "an int beyond float64": ("float64", reward(10**400)),
    "an int too long to print": ("float64", reward(10**5000)),
    "a fraction beyond float64": ("float64", reward(Fraction(10**400, 3))),
    "a reward of 1/0": ("divides by 0", reward("1/0")),
    "a reward of nan as text": ("'nan'", reward("nan")),
    "a reward of inf as text": ("'inf'", reward("inf")),
    "a reward in words": ("'three'", reward("three")),
    "a reward of empty text": ("=''", reward("")),
    "a reward with a separator": ("'1_000'", reward("1_000")),
    "a reward of True": ("=True", reward(True)),
    "a reward of numpy's True": ("True", reward(np.True_)),
    "a reward of None": ("=None", reward(None)),
    "a complex reward": ("=1j", reward(1j)),
    "a reward in a list": ("=[1]", reward([1])),
    "a reward in a tensor": (".item()", reward(torch.tensor(3.0))),
    "a reward in an array": (".item()", reward(np.array([3.0]))),
    "a discount of 1.5": ("discount=1.5", game(discount=1.5)),
    "a discount of -1/2": ("discount='-1/2'", game(discount="-1/2")),
    "a discount of NaN": ("discount=nan", game(discount=math.nan)),
    "a discount of True": ("discount=True", game(discount=True)),
    "a discount of None": ("discount=None", game(discount=None)),
    # Shapes of a game
    "an empty game": ("P={}", lambda: TabularGame({}, "s", 1)),
    "a game of None": ("P=None", lambda: TabularGame(None, "s", 1)),
    "a game in a list": ("P=[", lambda: TabularGame([{0: ENDS}], 0, 1)),
    "a state without actions": ("P['s']={}", lambda: TabularGame({"s": {}}, "s", 1)),
    "a state with a list of actions": ("P['s']=[", lambda: TabularGame({"s": [ENDS]}, "s", 1)),
    "an action called left": ("an action of P['s']='left'", action("left")),
    "action -1": ("an action of P['s']=-1", action(-1)),
    "action True": ("an action of P['s']=True", action(True)),
    "action 0.0": ("an action of P['s']=0.0", action(0.0)),
    "action a billion": ("without gaps", action(10**9)),
    "an action without outcomes": ("P['s'][0]=[]", game([])),
    "an outcome outside a list": ("P['s'][0][0]=1", game((1, "end", 0, True))),
    "an outcome of three entries": ("P['s'][0][0]=(1, 'end', 0)", outcome(1, "end", 0)),
    "an outcome of five entries": ("P['s'][0][0]=", outcome(1, "end", 0, True, {})),
    "an outcome in a dict": ("P['s'][0]=", game({"p": 1})),
    "an outcome in words": ("P['s'][0]='stay'", game("stay")),
    "an outcome of None": ("P['s'][0]=None", game(None)),
    "an unknown state": ("next_state in P['s'][0][0]='nowhere'", next_state("nowhere", False)),
    "a state in a list": ("next_state in P['s'][0][0]=['end']", next_state(["end"])),
    "a state with a list in it": ("next_state in P['s'][0][0]", next_state(("end", [1]))),
    "a state in an array": ("next_state in P['s'][0][0]", next_state(np.array([1, 2]))),
    "a state in a tensor": ("next_state in P['s'][0][0]", next_state(torch.tensor([1, 2]))),
    "terminated in words": ("terminated in P['s'][0][0]='yes'", next_state("end", "yes")),
    "terminated of None": ("terminated in P['s'][0][0]=None", next_state("end", None)),
    "terminated of 2": ("terminated in P['s'][0][0]=2", next_state("end", 2)),
    "terminated in an array": ("terminated in P['s'][0][0]", next_state("end", np.array([True, False]))),
    "an unknown start": ("start='elsewhere'", game(start="elsewhere")),
    "no start": ("start=None", game(start=None)),
    "an empty table of starts": ("start={}", game(start={})),
    "a start in a list": ("start=['s']", game(start=["s"])),
    "a start with a list in it": ("start=(['s'],)", game(start=(["s"],))),
    "a horizon of 0": ("horizon=0", game(horizon=0)),
    "a horizon of -1": ("horizon=-1", game(horizon=-1)),
    "a horizon of 2.5": ("horizon=2.5", game(horizon=2.5)),
    "a horizon of infinity": ("horizon=inf", game(horizon=math.inf)),
    "a horizon of True": ("horizon=True", game(horizon=True)),
    "a horizon of text": ("horizon='3'", game(horizon="3")),
    "a cycle without a horizon": ("'s' can come again", lambda: cycle(None)),
    "a tree that does not fit": ("max_nodes=100", lambda: unroll(cycle(64), max_nodes=100, merge=False)),
    "too many strategies": ("strategies", lambda: best_strategy(unroll(ROBOT), max_strategies=7)),
    # Observations
    "the observation of an unknown state": ("'nowhere'", game(observations={"s": 0, "nowhere": 1})),
    "a state without an observation": ("'s' is missing", game(observations={})),
    "observations in a list": ("observations=[0]", game(observations=[0])),
    "an observation in a list": ("observations['s']=[0]", game(observations={"s": [0]})),
    "an observation in an array": ("observations['s']=", game(observations={"s": np.array([0])})),
    "an observation in a tensor": ("observations['s']=", game(observations={"s": torch.tensor([0])})),
    "an observation of NaN": ("observations['s']=(0, nan)", game(observations={"s": (0, math.nan)})),
    "an observation of numpy's NaN": ("observations['s']=", game(observations={"s": np.float32("nan")})),
    "equal observations with different actions": ("'s' looks the same", two_states({"s": 0, "t": 0}, [0], [0, 1])),
    # Tables
    "a policy without an observation": ("(2, 0) is missing", policy({START: (1, 0), (1, 0): (1, 0)})),
    "a policy with an unknown observation": ("'end'", policy(POLICY | {"end": (1, 0)})),
    "an empty policy": ("policy={}", policy({})),
    "a row that is too short": ("policy[(2, 1)]=(1,)", row((1,))),
    "a row that is too long": ("policy[(2, 1)]=(1, 0, 0)", row((1, 0, 0))),
    "a row that sums to 1.1": ("policy[(2, 1)]=(0.5, 0.6)", row((0.5, 0.6))),
    "a row with a negative probability": ("policy[(2, 1)][1]=-1", row((0, -1))),
    "a row with NaN": ("policy[(2, 1)][0]=nan", row((math.nan, 1))),
    "a row of True and False": ("policy[(2, 1)][0]=True", row((True, False))),
    "a row of words": ("policy[(2, 1)][0]='left'", row(("left", "right"))),
    "a row in text": ("policy[(2, 1)]='01'", row("01")),
    "a row in bytes": ("policy[(2, 1)]=b", row(b"\x00\x01")),
    "a row in a set": ("policy[(2, 1)]=", row({0.5})),
    "a row that can be read once": ("type=map", row(map(float, (0, 1)))),
    "a number for a row": ("policy[(2, 1)]=1", row(1)),
    "None for a row": ("policy[(2, 1)]=None", row(None)),
    "a tensor of no dimension for a row": ("policy[(2, 1)]=tensor", row(torch.tensor(1.0))),
    "an array of two dimensions for a row": ("policy[(2, 1)]=array", row(np.array([[0.5, 0.5]]))),
    "tensors in a row": ("policy[(2, 1)][0]=tensor", row((torch.tensor(0.5), torch.tensor(0.5)))),
    "a row without an action": ("Action 1 is missing", row({0: 1})),
    "a row with an unknown action": ("an action of policy[(2, 1)]=2", row({0: 1, 1: 0, 2: 0})),
    "a row with an action called left": ("an action of policy[(2, 1)]='left'", row({"left": 1, "right": 0})),
    "a row by action with a negative probability": ("policy[(2, 1)][1]=-1", row({1: -1, 0: 2})),
    "probability for an illegal action": ("policy['s'][1]=0.25", lambda: partials(GAP, {"s": (0.5, 0.25, 0.25)})),
    "a table for two actions of three": ("policy['s']=", lambda: partials(GAP, {"s": (0.5, 0.5)})),
    # Policies
    "a policy in words": ("policy='uniform'", policy("uniform")),
    "a policy of None": ("policy=None", policy(None)),
    "a policy in a tensor": ("policy=tensor", policy(torch.zeros(3, 2))),
    "a class for a policy": ("make an object", policy(TabularPolicy)),
    "a policy that returns a list": ("policy(observations)=[[0.0, 0.0]]", logits([[0.0, 0.0]])),
    "a policy that returns an array": ("policy(observations)=array", logits(np.zeros((3, 2)))),
    "a policy that returns None": ("policy(observations)=None", logits(None)),
    "a policy that returns a pair of one logit": ("(1,)", logits((torch.zeros(1), torch.zeros(1)))),
    "a policy that returns a pair of words": ("policy(observations)='left'", logits(("left", "right"))),
    "a policy that returns a Bernoulli": ("type=Bernoulli", logits(Bernoulli(logits=torch.zeros(3, 2)))),
    "one row of logits for three": ("(1, 2)", logits(torch.zeros(1, 2))),
    "three columns of logits for two": ("(3, 3)", logits(torch.zeros(3, 3))),
    "a flat list of logits": ("(6,)", logits(torch.zeros(6))),
    "a Categorical of another shape": ("(1, 2)", logits(Categorical(logits=torch.zeros(1, 2)))),
    "logits of NaN": ("(1, 0)=[nan, 0.0]", logits(torch.tensor([[0, 0], [math.nan, 0], [0, 0]]))),
    "logits of infinity": ("(2, 0)=[inf, 0.0]", logits(torch.tensor([[0, 0], [0, 0], [math.inf, 0]]))),
    "logits that rule out all actions": ("(2, 1)=[-inf, -inf]", logits(torch.full((3, 2), -math.inf))),
    "logits of whole numbers": ("torch.int64", logits(torch.zeros(3, 2, dtype=torch.int64))),
    "complex logits": ("torch.complex64", logits(torch.zeros(3, 2, dtype=torch.complex64))),
    "the gradient of a table": ("no parameters", lambda: policy_gradient(ROBOT, POLICY)),
    "the gradient of a function": ("type=function", lambda: policy_gradient(ROBOT, lambda seen: seen)),
    "the gradient without parameters": ("policy=Identity()", lambda: policy_gradient(ROBOT, nn.Identity())),
    "the gradient of frozen parameters": (
        "require a gradient",
        lambda: policy_gradient(ROBOT, TabularPolicy(ROBOT).requires_grad_(False)),
    ),
    "a linear policy that never goes left": (
        "the probability of action 0 at (2, 1)=0",
        lambda: LinearPolicy(ROBOT, dict.fromkeys(POLICY, (0, 1))),
    ),
    "observations that a table lacks": ("[7.0, 7.0]", lambda: TabularPolicy(ROBOT)(torch.full((1, 2), 7.0))),
    # Games and batches as arguments
    "a game in words": ("game='robot'", lambda: expected_return("robot", POLICY)),
    "no game": ("game=None", lambda: partials(None, POLICY)),
    "the class of a game": ("game=<class", lambda: policy_gradient(TabularGame, TabularPolicy(ROBOT))),
    "symbolic sums at a bad policy": ("policy={}", lambda: symbolic_sums(ROBOT).at({})),
    "no episodes": ("num_episodes=0", lambda: sample(ROBOT, POLICY, 0, 0)),
    "a negative number of episodes": ("num_episodes=-3", lambda: sample(ROBOT, POLICY, -3, 0)),
    "half an episode": ("num_episodes=2.5", lambda: sample(ROBOT, POLICY, 2.5, 0)),
    "True episodes": ("num_episodes=True", lambda: sample(ROBOT, POLICY, True, 0)),
    "episodes in text": ("num_episodes='4'", lambda: sample(ROBOT, POLICY, "4", 0)),
    "more episodes than int64 counts": ("num_episodes=1", lambda: sample(ROBOT, POLICY, 10**30, 0)),
    "a seed of -1": ("seed=-1", lambda: sample(ROBOT, POLICY, 1, -1)),
    "a seed of True": ("seed=True", lambda: sample(ROBOT, POLICY, 1, True)),
    "a seed of None": ("seed=None", lambda: sample(ROBOT, POLICY, 1, None)),
    "a seed of 1.5": ("seed=1.5", lambda: sample(ROBOT, POLICY, 1, 1.5)),
    "a report of no episodes": ("num_episodes=0", lambda: make_report(ROBOT, POLICY, episodes=0)),
    "a report with a bad seed": ("seed=-1", lambda: make_report(ROBOT, POLICY, episodes=1, seed=-1)),
    "a training without updates": ("updates=0", lambda: train(ROBOT, TabularPolicy(ROBOT), updates=0)),
    "padding an unknown field": ("name='returns'", lambda: BATCH.padded("returns")),
    "selecting no episodes": ("episodes=[]", lambda: BATCH.select([])),
    "selecting an episode that is not there": ("episodes=[3]", lambda: BATCH.select([3])),
    "steps without an end": ("dones=[False]", steps(dones=[False])),
    "no steps": ("dones=[]", steps(observations=[], actions=[], rewards=[], dones=[])),
    "fewer actions than steps": ("actions=[]", steps(actions=[])),
    "observations that are no rows": ("observations=[0]", steps(observations=[0])),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_gets_one_clear_message(name, snapshot):
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
    assert len(message) < 500
    return message


def test_control_good_input_would_be_noticed():
    with pytest.raises(pytest.fail.Exception, match="accepted"):
        message_of(game())


@pytest.mark.parametrize("text", ["Bad reward", "Expected a number", "Expected a number but got reward=x"])
def test_control_a_message_of_another_shape_would_be_noticed(text):
    def call():
        raise InvalidArgument(text)

    with pytest.raises(AssertionError):
        message_of(call)


def test_control_another_exception_is_not_taken_for_a_message():
    with pytest.raises(ZeroDivisionError):
        message_of(lambda: 1 / 0)
