"""Averaged over the paths an episode can take, Σ x/p · (future return) is Y; where p = 0 there is no such step."""

from fractions import Fraction

import pytest
from hypothesis import given

from gradcheck import games, symbolic_sums
from gradcheck.strategies import policies, robot_games
from gradcheck.tree.symbolic.terms import product_of


def expectation(sums, p, x, step):
    """By brute force over the paths: P(path) under p, times the sum over the path's steps. Impossible paths are out."""
    total = Fraction(0)
    for path in sums.polynomials.paths:
        probability = path.chance * product_of(p[v] for v in path.variables)
        if probability:
            steps = zip(path.variables, path.future_returns, path.rewards, strict=True)
            total += probability * sum(step(x[v], p[v], future, reward) for v, future, reward in steps)
    return total


def inverse_prob(x, p, future, reward):
    return x / p * future


def surrogate(sums, p, x):
    """Y(x, p) from the tree: Σ reach · x · average."""
    tree = sums.tree
    at = sums.at({seen: [p[v] if v >= 0 else 0 for v in row] for seen, row in zip(tree.observations, tree.variable_of)})
    return sum(partial * value for partial, value in zip(at.evaluation.partials, x, strict=True))


@given(game=robot_games(), policy=policies(games.robot()))
def test_where_the_variables_have_their_current_values(game, policy):
    sums = symbolic_sums(game)
    at = sums.at(policy)
    assert expectation(sums, at.x, at.x, inverse_prob) == at.Y


@given(game=robot_games(), policy=policies(games.robot(), positive=True), other=policies(games.robot()))
def test_where_the_variables_have_any_other_values(game, policy, other):
    # Y is a function of x; with all p positive the two sums are the same function.
    sums = symbolic_sums(game)
    p, x = sums.at(policy).x, sums.at(other).x
    assert expectation(sums, p, x, inverse_prob) == surrogate(sums, p, x)


@given(game=robot_games())
def test_as_polynomials(game):
    sampled = symbolic_sums(game).sampled
    assert sampled.inverse_prob_is_Y
    assert sampled.plain_is_as_told
    assert sampled.log_prob_gradient_is_partials


MISTAKES = {
    "forgotten 1/p": lambda x, p, future, reward: x * future,
    "off by one": lambda x, p, future, reward: x / p * (future - reward),
    "flipped sign": lambda x, p, future, reward: -x / p * future,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_control_a_wrong_sum_has_another_expectation(mistake):
    sums = symbolic_sums(games.robot())
    at = sums.at(games.robot_policy())
    assert expectation(sums, at.x, at.x, MISTAKES[mistake]) != at.Y
