"""One pair of passes computes with Fractions, flint's rationals, floats, policies in columns, and as machine code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import InvalidArgument, games
from gradcheck.strategies import games as random_games
from gradcheck.strategies import policies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.arithmetic import FRACTIONS, fastest
from gradcheck.tree.values.evaluate_batch import evaluate_batch
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities


@st.composite
def settings_of_games(draw):
    tree = unroll(draw(random_games()), merge=draw(st.sampled_from([None, False, True])))
    return tree, action_probabilities(tree, draw(policies(tree)))


def rounding(tree, x):
    """A few roundings for each edge, of numbers up to the largest return; there are at most some hundred edges."""
    return 8 * (tree.num_edges + 1) * len(tree.node_levels) * 2.0**-53 * (1 + np.abs(tree.reward).max())


@given(setting=settings_of_games())
def test_flint_and_fractions_are_equal(setting):
    assert fastest().name == "flint"  # the tests install it; without it there is nothing to compare
    flint, plain = evaluate(*setting), evaluate(*setting, arithmetic=FRACTIONS)
    for name in ("partials", "action_value", "node_value", "node_reach", "weight", "reach", "average_return"):
        assert list(getattr(flint, name)) == list(getattr(plain, name))
    assert flint.expected_return == plain.expected_return
    assert type(flint.expected_return) is type(plain.expected_return)


@given(setting=settings_of_games())
def test_floats_are_the_rationals_to_rounding(setting):
    tree, x = setting
    exact, rounded = evaluate(tree, x), evaluate(tree, x.astype(np.float64))
    assert rounded.partials.dtype == np.float64
    assert np.abs(rounded.partials - exact.partials.astype(float)).max() <= rounding(tree, x)
    assert abs(rounded.expected_return - float(exact.expected_return)) <= rounding(tree, x)


@settings(max_examples=100)  # 70 policies each
@given(setting=settings_of_games(), seed=st.integers(0, 2**32))
@pytest.mark.parametrize("compiled", [False, True])
def test_many_policies_at_once_are_each_by_itself(compiled, setting, seed):
    tree, _ = setting
    rows = np.random.default_rng(seed).random((70, len(tree.variables)))  # more than two rounds of columns
    found = evaluate_batch(tree, rows, compiled=compiled)
    for row, value, partials in zip(rows, found.expected_return, found.partials, strict=True):
        alone = evaluate(tree, row)
        scale = 1 + np.abs(alone.action_value).max() + len(row) ** len(tree.node_levels)  # rows are no distributions
        assert abs(value - alone.expected_return) <= rounding(tree, row) * scale
        assert np.abs(partials - alone.partials).max() <= rounding(tree, row) * scale


def test_control_other_policies_have_other_values():
    tree = unroll(games.robot())
    found = evaluate_batch(tree, [[0.5] * 6, [0.5, 0.5, 0.4, 0.6, 0.5, 0.5]])
    assert abs(found.expected_return[0] - found.expected_return[1]) > 0.1


@pytest.mark.parametrize("x", [[0.5] * 6, [[0.5] * 5], [["a"] * 6], [[float("nan")] * 6]])
def test_rows_that_are_none_are_refused(x):
    with pytest.raises(InvalidArgument, match="got x"):
        evaluate_batch(games.robot(), x)
