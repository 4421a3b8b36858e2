"""∂Y = ∂R at random points modulo 2**61 - 1: right arithmetic, both sides of the game, and a wrong Y differs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import TabularGame
from gradcheck.strategies import games
from gradcheck.tree.symbolic.modular import (
    PRIME,
    Point,
    add,
    derivative_of_R,
    derivative_of_Y,
    error_probability,
    identity_holds,
    multiply,
    random_point,
    rounds_needed,
)
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities

trees = st.builds(lambda game, merge: unroll(game, merge=merge), games(), st.booleans())
residues = st.one_of(st.integers(0, PRIME + 7), st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**60, PRIME - 1, PRIME]))


@given(a=residues, b=residues)
def test_products_and_sums_are_those_of_whole_numbers(a, b):
    one, other = np.array([a], dtype=np.uint64), np.array([b], dtype=np.uint64)
    product, total = int(multiply(one, other)[0]), int(add(one, other)[0])
    assert product % PRIME == a * b % PRIME
    assert total % PRIME == (a + b) % PRIME
    assert max(product, total) <= PRIME + 7  # small enough for the next product


@given(tree=trees, seed=st.integers(0, 2**32))
def test_the_identity_holds(tree, seed):
    assert identity_holds(tree, seed)


@given(data=st.data())
def test_both_sides_are_the_derivatives_of_the_game_itself(data):
    """At the game's own numbers, modulo the prime, they are Σ v_i ∂R/∂x_i as the two passes find it in rationals."""
    from gradcheck.strategies import policies

    tree = data.draw(trees)
    x = action_probabilities(tree, data.draw(policies(tree)))
    direction = [data.draw(st.integers(-5, 5)) for _ in x]
    discount = tree.game.discount
    mean_reward = np.add.reduceat(tree.rational_chance * tree.rational_reward, tree.choice_edge)
    point = Point(
        x=modulo(x),
        direction=modulo(direction),
        start=modulo(tree.rational_start[: tree.num_roots]),
        chance=modulo([chance * discount for chance in tree.rational_chance]),
        mean_reward=modulo(mean_reward),
    )
    partials = evaluate(tree, x).partials
    (exact,) = modulo([sum((v * p for v, p in zip(direction, partials, strict=True)), start=0 * mean_reward[0])])
    assert derivative_of_R(tree, point) == derivative_of_Y(tree, point) == int(exact)


def modulo(rationals):
    return np.array([q.numerator * pow(q.denominator, -1, PRIME) % PRIME for q in rationals], dtype=np.uint64)


@given(tree=trees, seed=st.integers(0, 2**32), data=st.data())
def test_control_one_average_that_is_off_by_one_is_noticed(tree, seed, data):
    point = random_point(tree, seed)
    choice = data.draw(st.integers(0, tree.num_choices - 1))
    wrong = point.mean_reward.copy()
    wrong[choice] = (int(wrong[choice]) + 1) % PRIME
    assert derivative_of_R(tree, point) != derivative_of_Y(tree, replace(point, mean_reward=wrong))


def test_the_probability_of_an_error_is_at_most_what_is_said(chain):
    tree = unroll(chain)
    assert error_probability(tree, rounds_needed(tree)) <= 1e-15
    assert error_probability(tree, 1) == pytest.approx((2 * 200 + 2) / 2**61)


def test_long_games_need_more_than_one_point():
    steps = {"here": {0: [(1, "here", 1, False)]}}
    long = unroll(TabularGame(steps, "here", horizon=2_000))
    assert error_probability(long, 1) > 1e-15
    assert rounds_needed(long) == 2
    assert error_probability(long, 2) == error_probability(long, 1) ** 2
    assert identity_holds(long)
