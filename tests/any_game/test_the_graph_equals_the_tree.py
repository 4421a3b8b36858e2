"""Merging histories with equal state and time changes nothing that is summed over histories: exactly, in rationals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import TabularGame, expected_return
from gradcheck.strategies import games, policies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities


@given(data=st.data())
def test_R_the_partials_and_the_reach(data):
    graph = unroll(data.draw(games()), merge=True)
    tree = unroll(graph, merge=False)
    x = action_probabilities(graph, data.draw(policies(graph)))
    merged, apart = evaluate(graph, x), evaluate(tree, x)
    assert graph.variables == tree.variables
    assert merged.expected_return == apart.expected_return
    assert list(merged.partials) == list(apart.partials)
    assert list(merged.reach) == list(apart.reach)
    assert list(merged.weight) == list(apart.weight)
    assert graph.num_histories == tree.num_histories == tree.num_nodes


def test_it_is_chosen_where_it_is_smaller():
    two_ways = {0: [(1, "b", 0, False)], 1: [(1, "b", 1, False)]}
    end = {0: [(1, "out", 1, True)]}
    assert unroll(TabularGame({"a": two_ways, "b": end}, "a", horizon=2)).merged
    assert not unroll(TabularGame({"a": {0: two_ways[0]}, "b": end}, "a", horizon=2)).merged


def test_histories_without_number(chain):
    assert unroll(chain).num_nodes == 200
    assert unroll(chain).num_histories == sum(3**t for t in range(200))
    half = {"here": ("1/2", "1/2")}
    per_step = expected_return(TabularGame(dict(chain.P), "here", horizon=1), half)
    assert float(expected_return(chain, half)) == pytest.approx(float(per_step) * (1 - 0.9**200) / 0.1, rel=1e-12)


def test_control_states_at_different_times_are_not_the_same():
    # Were "here" merged whenever it comes, one step and two would be worth the same.
    here = {"here": {0: [(1, "here", 1, False)]}}
    one, two = (expected_return(TabularGame(here, "here", horizon=steps), {"here": [1]}) for steps in (1, 2))
    assert (one, two) == (1, 2)
