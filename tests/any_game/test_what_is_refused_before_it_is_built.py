"""Sizes are counted exactly before anything is built; what can never be right is refused, not computed."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument, TabularGame, expected_return, games, symbolic_sums, unroll
from gradcheck.tree.rationals import as_distribution
from gradcheck.tree.unrolling.rules import explore
from gradcheck.tree.values.evaluate_batch import evaluate_batch
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities


def ring(size, horizon):
    """So many places in a circle, one of them ahead of a line of two that leads to it."""
    P = {place: {0: [(1, (place + 1) % size, 0, False)]} for place in range(size)}
    P |= {"first": {0: [(1, "second", 0, False)]}, "second": {0: [("1/2", 0, 0, False), ("1/2", 1, 0, False)]}}
    return TabularGame(P, "first", horizon)


@given(size=st.integers(2, 6), horizon=st.integers(1, 40))
def test_the_count_is_exact(size, horizon):
    tree = unroll(ring(size, horizon), merge=True)
    if tree.num_nodes > size + 2:  # more than there are states, which are counted as they are met
        with pytest.raises(InvalidArgument, match=f"It has {tree.num_nodes} decisions with {tree.num_edges} outcomes"):
            unroll(ring(size, horizon), max_nodes=tree.num_nodes - 1)
    assert unroll(ring(size, horizon), max_nodes=tree.num_nodes).num_nodes == tree.num_nodes


def test_the_largest_horizon_is_counted_at_once():
    with pytest.raises(InvalidArgument, match="It has 1,999,999,999,999,999,998 decisions"):
        unroll(ring(2, 10**18))


@pytest.mark.parametrize("max_nodes", ["a", 0, -1, True, 1.5])
def test_a_limit_is_a_whole_number(max_nodes):
    with pytest.raises(InvalidArgument, match="max_nodes="):
        unroll(games.robot(), max_nodes=max_nodes)


def test_merge_is_yes_or_no():
    with pytest.raises(InvalidArgument, match="merge='no'"):
        unroll(games.robot(), merge="no")


def test_returns_beyond_float64_are_refused():
    large = TabularGame({"s": {0: [(1, "s", 1e308, False)], 1: [(1, "e", 0, True)]}}, "s", horizon=4)
    with pytest.raises(InvalidArgument, match="returns fit in float64"):
        expected_return(large, {"s": (1.0, 0.0)})
    for compiled in (False, True):
        with pytest.raises(InvalidArgument, match="returns fit in float64"):
            evaluate_batch(large, [[1.0, 0.0]], compiled=compiled)


def test_the_outcomes_of_a_tree_are_counted_too():
    graph = unroll(ring(3, 12), merge=True)
    tree = unroll(graph, merge=False)
    assert (graph.num_histories, graph.num_history_edges) == (tree.num_nodes, tree.num_edges)
    assert (tree.num_histories, tree.num_history_edges) == (tree.num_nodes, tree.num_edges)


def test_nan_inside_an_observation_is_refused_from_code_too():
    class Blind:
        num_actions, horizon, discount = 1, 1, 1

        def starts(self):
            return [(1, "a")]

        def legal_actions(self, state):
            return [0]

        def observe(self, state):
            return (1.0, float("nan"))

        def step(self, state, action):
            return [(1, "b", 0, True)]

    with pytest.raises(InvalidArgument, match="without NaN"):
        unroll(Blind())


@given(row=st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda row: sum(row) > 0.1))
def test_a_distribution_read_as_rationals_keeps_its_zeros(row):
    row = [value / sum(row) for value in row]
    read = as_distribution(row)
    assert sum(read) == 1
    assert all((a == 0) == (b == 0) and a >= 0 for a, b in zip(read, row, strict=True))


def test_a_probability_of_zero_is_worth_nothing_in_rationals_too():
    game = TabularGame({"a": {action: [(1, "e", 10**15 * (action == 2), True)] for action in range(3)}}, "a", 1)
    assert symbolic_sums(game).at({"a": (0.4711808082104902, 0.5288191917895099, 0.0)}).R == 0


@pytest.mark.parametrize("exact", [True, False])
def test_a_tree_that_was_evaluated_can_be_copied(exact):
    tree = unroll(games.robot())
    x = action_probabilities(tree, games.robot_policy())
    found = evaluate(tree, x if exact else x.astype(np.float64))
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert again.expected_return == found.expected_return
        assert list(again.partials) == list(found.partials)
        assert again.tree.variables == tree.variables


def test_every_answer_is_read_alike_whatever_came_before():
    class Turning:
        num_actions, horizon, discount = 2, 2, 1

        def starts(self):
            return [(1, "a")]

        def legal_actions(self, state):
            return [0, 1] if state == "a" else [False, True]

        def observe(self, state):
            return state

        def step(self, state, action):
            return [(1, "b", 0.5 if action else "1/2", False)]

    with pytest.raises(InvalidArgument, match="an action numbered"):
        unroll(Turning())


def test_a_float_is_not_the_rational_that_equals_it():
    half = TabularGame({"a": {0: [(1, "e", 0.5, True)], 1: [(1, "e", "1/2", True)]}}, "a", 1)
    rules = explore(half, max_states=10)
    assert len(rules.numbers) == 3
    assert not rules.exact
