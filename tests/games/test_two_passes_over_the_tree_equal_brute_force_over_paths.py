"""R and its partials from two passes over the tree are those of enumerating every path, in rationals; floats agree."""

from fractions import Fraction

import numpy as np
import pytest

from gradcheck import games
from gradcheck.tree.symbolic.identities import SumPolynomials
from gradcheck.tree.symbolic.polynomial import collect, derivatives, substitute
from gradcheck.tree.symbolic.terms import product_of
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities


@pytest.fixture(params=[False, True], ids=["tree", "graph"])
def setting(rational_game, request):
    game, policy = rational_game
    tree = unroll(game, merge=request.param)
    return tree, action_probabilities(tree, policy)


def test_the_expected_return(setting):
    tree, x = setting
    brute = sum(path.chance * product_of(x[v] for v in path.variables) * path.future_returns[0] for path in paths(tree))
    assert evaluate(tree, x).expected_return == brute


def test_the_partials_are_the_derivatives_of_the_sum_over_rewards(setting):
    tree, x = setting
    partials = [substitute(p, x.tolist()) for p in SumPolynomials(unroll(tree, merge=False)).partials_R]
    assert list(evaluate(tree, x).partials) == partials


def test_floats_agree_to_rounding(setting):
    tree, x = setting
    exact, rounded = evaluate(tree, x), evaluate(tree, x.astype(np.float64))
    assert all(isinstance(partial, Fraction) for partial in exact.partials)
    assert rounded.partials.dtype == np.float64
    # A dozen operations on numbers up to 20.
    assert abs(rounded.partials - exact.partials.astype(float)).max() <= 12 * 20 * 2.0**-53
    assert abs(rounded.expected_return - float(exact.expected_return)) <= 12 * 20 * 2.0**-53


def test_weight_times_average_return_is_the_partial(setting):
    found = evaluate(*setting)
    assert [w * a for w, a in zip(found.weight, found.average_return, strict=True)] == list(found.partials)


def test_probabilities_of_all_paths_sum_to_1(setting):
    tree, x = setting
    assert sum(path.chance * product_of(x[v] for v in path.variables) for path in paths(tree)) == 1


def test_reach_of_a_first_decision_is_its_starts_probability(setting):
    tree, x = setting
    first = tree.node_levels[0]
    assert list(evaluate(tree, x).node_reach[first]) == list(tree.start[first])


def test_control_a_lost_path_changes_the_sum():
    tree = unroll(games.robot())
    x = action_probabilities(tree, games.robot_policy())
    lost = collect((path.variables, path.chance * path.future_returns[0]) for path in list(paths(tree))[1:])
    assert substitute(lost, x.tolist()) != evaluate(tree, x).expected_return
    assert derivatives(lost, 6) != SumPolynomials(tree).partials_R
