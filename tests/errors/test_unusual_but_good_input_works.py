"""Whatever means a finite number, a state, a row or a policy is taken as that, and gives the right answer."""

from collections import UserDict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch.distributions import Categorical

from gradcheck import TabularGame, TabularPolicy, expected_return, games, partials, sample, symbolic_sums

ROBOT, POLICY, START = games.robot(), games.robot_policy(), (2, 1)


def coin(heads, reward, terminated=True):
    return TabularGame({0: {0: [(heads, 1, reward, terminated), (1 - Fraction(heads), 1, 0, True)]}}, 0, 1)


@pytest.mark.parametrize(
    "reward",
    [
        7,
        7.0,
        Fraction(7),
        Decimal(7),
        "7",
        " +7 ",
        "7.",
        "14/2",
        np.int8(7),
        np.uint64(7),
        np.float16(7),
        np.float32(7),
        np.float64(7),
    ],
    ids=repr,
)
def test_seven_may_be_written_in_many_ways(reward):
    assert expected_return(coin("1/2", reward), {0: (1,)}) == Fraction(7, 2)


@pytest.mark.parametrize(
    "tenth", ["1/10", "0.1", ".1", "+0.10", Decimal("0.1"), Decimal("10E-2"), Fraction(1, 10)], ids=repr
)
def test_rationals_stay_exact_however_they_are_written(tenth):
    assert expected_return(coin(tenth, "1/3"), {0: (1,)}) == Fraction(1, 30)


def test_numbers_may_come_close_to_the_largest_float():
    assert expected_return(coin("1/2", "9" * 308), {0: (1,)}) == Fraction(int("9" * 308), 2)
    assert expected_return(coin("1/2", Decimal("1E-300")), {0: (1,)}) == Fraction(1, 2 * 10**300)


@pytest.mark.parametrize("terminated", [True, np.True_, 1, torch.tensor(True)], ids=repr)
def test_terminated_may_be_any_true_of_one_value(terminated):
    game = TabularGame({0: {0: [(1, 99, 5, terminated)]}}, 0, None)
    assert game.P[0][0][0][3] is True


def test_rows_in_gymnasium_s_form_work():
    """Frozen lake: thirds in floats, numpy states, ints as rewards, numpy bools, terminal states with rows."""
    slip = [(1 / 3, np.int64(0), 0, np.False_), (1 / 3, np.int64(1), 1.0, np.True_), (1 / 3, np.int64(0), 0, np.False_)]
    table = {0: {np.int64(0): slip, np.int64(1): [[1.0, 1, 0.0, True]]}, 1: {0: [(1.0, 1, 0, True)]}}
    game = TabularGame(table, np.int64(0), np.int32(2))
    assert game.legal_actions(0) == (0, 1)
    found = expected_return(game, {0: (1, 0)})
    assert found == pytest.approx(1 / 3 + 2 / 9, rel=1e-15)
    assert type(found) is float


def test_outcomes_may_be_any_iterable_of_rows():
    Outcome = namedtuple("Outcome", "probability state reward terminated")
    rows = (Outcome("1/4", "end", reward, True) for reward in (0, 4, 8, 12))
    assert expected_return(TabularGame({"s": {0: rows}}, "s", 1), {"s": (1,)}) == 6


def test_states_may_be_anything_hashable():
    table = {state: {0: [(1, "end", 1, True)]} for state in (None, (), frozenset({1}), b"s", Fraction(1, 3), "s")}
    game = TabularGame(table, dict.fromkeys(table, Fraction(1, len(table))), 1)
    assert expected_return(game, dict.fromkeys(table, (1,))) == 1
    assert sample(game, dict.fromkeys(table, (1,)), 5, 0).observations.shape == (5, len(table))


def test_actions_may_have_gaps():
    game = TabularGame({"s": {2: [(1, "end", 1, True)], 5: [(1, "end", 3, True)]}}, "s", 1)
    half = Fraction(1, 2)
    assert partials(game, {"s": {2: half, 5: half}}) == {("s", 2): 1, ("s", 5): 3}
    assert partials(game, {"s": (0, 0, half, 0, 0, half)}) == {("s", 2): 1, ("s", 5): 3}


EXACT_ROWS = [
    ("7/10", "3/10"),
    ["0.7", Decimal("0.3")],
    deque([Fraction(7, 10), "3/10"]),
    {0: "7/10", 1: "3/10"},
    {1: "3/10", 0: "7/10"},
    {np.int64(0): "0.7", np.int64(1): "0.3"},
    UserDict({0: "0.7", 1: "0.3"}),
]
FLOAT_ROWS = [
    (0.7, 0.3),
    (Fraction(7, 10), 0.3),
    (np.float64(0.7), np.float64(0.3)),
    np.array([0.7, 0.3]),
    torch.tensor([0.7, 0.3], dtype=torch.float64),
    torch.tensor([0.7, 0.3], dtype=torch.float64, requires_grad=True),
]
SINGLE_ROWS = [
    (np.float32(0.7), np.float32(0.3)),
    np.array([0.7, 0.3], dtype=np.float32),
    torch.tensor([0.7, 0.3]),
]


@pytest.mark.parametrize("row", EXACT_ROWS, ids=repr)
def test_a_row_of_rationals_gives_a_rational(row):
    assert expected_return(ROBOT, POLICY | {START: row}) == Fraction("2.636")


@pytest.mark.parametrize("row", FLOAT_ROWS, ids=repr)
def test_a_row_of_floats_gives_a_float(row):
    found = expected_return(ROBOT, POLICY | {START: row})
    assert found == pytest.approx(2.636, rel=1e-15)
    assert type(found) is float


@pytest.mark.parametrize("row", SINGLE_ROWS, ids=repr)
def test_a_row_in_single_precision_gives_a_float(row):
    assert expected_return(ROBOT, POLICY | {START: row}) == pytest.approx(2.636, rel=1e-6)


def test_a_policy_may_be_any_mapping_and_name_observations_by_equal_keys():
    assert expected_return(ROBOT, MappingProxyType(POLICY)) == Fraction("2.636")
    floats = {tuple(map(float, seen)): row for seen, row in POLICY.items()}
    assert expected_return(ROBOT, floats) == Fraction("2.636")


LOGITS = TabularPolicy(ROBOT, POLICY).logits.detach()


def by_row(output):
    """A policy that answers with the rows of a tensor, or of a Categorical made of one."""
    infoset_of = TabularPolicy(ROBOT).lookup

    def policy(observations):
        rows = infoset_of(observations)
        if isinstance(output, torch.Tensor):
            return output[rows]
        given = "probs" if "probs" in output.__dict__ else "logits"
        return Categorical(**{given: getattr(output, given)[rows]})

    return policy


@pytest.mark.parametrize(
    "output",
    [LOGITS, LOGITS.float(), LOGITS + 100, Categorical(logits=LOGITS), Categorical(probs=LOGITS.exp())],
    ids=["float64", "float32", "shifted", "Categorical of logits", "Categorical of probabilities"],
)
def test_a_callable_may_return_logits_or_a_categorical(output):
    assert expected_return(ROBOT, by_row(output)) == pytest.approx(2.636, rel=1e-6)


def test_minus_infinity_rules_an_action_out():
    never_left = torch.tensor([[-torch.inf, 0]]).expand(3, 2)
    assert expected_return(ROBOT, by_row(never_left)) == 10


def test_a_probability_of_zero_in_a_categorical_is_zero():
    always_right = Categorical(probs=torch.tensor([[0.0, 1.0]]).expand(3, 2))
    assert expected_return(ROBOT, by_row(always_right)) == 10


def test_numpy_numbers_are_good_counts_and_seeds():
    batch = sample(ROBOT, POLICY, np.int64(4), np.uint8(7))
    assert batch.num_episodes == 4
    assert torch.equal(batch.rewards, sample(ROBOT, POLICY, 4, 7).rewards)


def test_a_seed_may_be_larger_than_any_machine_word():
    assert sample(ROBOT, POLICY, 1, 10**30).num_episodes == 1


def test_floats_mean_the_decimals_they_print_as_where_sums_are_symbolic():
    at = symbolic_sums(games.robot(slip=0.1)).at({seen: tuple(map(float, row)) for seen, row in POLICY.items()})
    assert Fraction("2.636") == at.R


def test_control_a_wrong_row_gives_another_return():
    assert expected_return(ROBOT, POLICY | {START: ("3/10", "7/10")}) != Fraction("2.636")
