"""The game that is found holds what the loss gets wrong and nothing else, and its code fails where it is pasted."""

from functools import cache

import pytest
import torch

from gradcheck import GradcheckError
from gradcheck.checking.question import read_question
from gradcheck.checking.search.search import search
from tests.check.search.losses import WRONG, right, surrogate
from tests.exhaustive import exhaustive

THRESHOLD = WRONG["thresholds"]["steps_with_a_reward_of_minus_five_or_less"]
CUT = WRONG["long_episodes"]["third_step_cut"]
VISITS = WRONG["visits"]["first_visit_only"]
ACTIONS = WRONG["actions"]["clamped_actions"]
SIZES = WRONG["sizes"]["rewards_from_32_on"]
OBSERVATIONS = WRONG["observations"]["whole_observations"]


def pasted(code, loss):
    """Run it where this loss is called as the code calls it."""
    exec(compile(code, "pasted", "exec"), {"loss": loss})


def built(code):
    """What it makes on the way: the game, and the policy."""
    made = {}
    exec(compile(code.rpartition("\n")[0], "pasted", "exec"), made)
    return made


@cache
def found(loss):
    """The game that a search finds."""
    return search(read_question(loss, search=60))[1].counterexample


@pytest.mark.parametrize(
    "loss",
    [THRESHOLD, *(pytest.param(loss, marks=exhaustive) for loss in (CUT, VISITS, ACTIONS, SIZES))],
    ids=["threshold", "cut", "visits", "actions", "sizes"],
)
def test_its_code_fails_again_and_the_right_loss_does_not(loss):
    code = found(loss).code
    with pytest.raises(GradcheckError):
        pasted(code, loss)
    exec(compile(code, "pasted", "exec"), {"loss": right})


def test_a_threshold_takes_one_reward_beyond_it():
    game = built(found(THRESHOLD).code)["game"]
    rewards = sorted(outcome[2] for row in game.P.values() for outcomes in row.values() for outcome in outcomes)
    assert (game.horizon, len(game.P), game.num_actions) == (1, 1, 2)
    assert rewards == [-5, 0]


@exhaustive
def test_a_third_step_takes_four():
    assert built(found(CUT).code)["game"].horizon == 4


@exhaustive
def test_an_observation_comes_twice():
    assert built(found(VISITS).code)["game"].horizon == 2
    assert "an observation that comes again in an episode" in found(VISITS).description


@exhaustive
def test_a_fourth_action():
    game = built(found(ACTIONS).code)["game"]
    assert (game.horizon, len(game.P), game.num_actions) == (1, 1, 4)


@exhaustive
def test_a_size_is_the_first_at_which_it_fails():
    assert found(SIZES).code.endswith("batch=32)")
    assert built(found(SIZES).code)["game"].horizon == 2


def test_a_layer_is_kept_where_a_table_does_not_show_it():
    code = search(read_question(OBSERVATIONS, search=60))[1].counterexample.code
    assert "nn.Linear" in code
    with pytest.raises(GradcheckError):
        pasted(code, OBSERVATIONS)


def test_the_same_condition_and_the_users_policy_are_in_the_code():
    def network(size, actions):
        return torch.nn.Linear(size, actions, dtype=torch.float64)

    cut = surrogate(lambda e: e.future_returns * (e.time_steps < 3))
    code = search(read_question(cut, policy=network, conditions="groups", batch=(2, 2), search=60))[1].counterexample
    assert code.code.endswith('assert_proportional(loss, game, network, batch=(2, 2), conditions="groups")')
    with pytest.raises(GradcheckError):
        exec(compile(code.code, "pasted", "exec"), {"loss": cut, "network": network})


def test_control_one_reward_less_does_not_fail():
    code = found(THRESHOLD).code
    assert "-5" in code
    pasted(code.replace("-5", "-4"), THRESHOLD)
