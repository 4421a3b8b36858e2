r"""Deciding ∂Y = ∂R by arithmetic modulo a prime, for trees whose polynomials are too large to write down.

Both sides are evaluated at a random point, by different computations. For R = Σ reward · P(receiving it) it is one
forward pass in dual numbers, which gives the derivative along a random direction v; for Y it is the sum over choices of
v · reach · (average return after the choice). Every number of the game, each chance and each reward, is replaced by a
random one of its own, so that what is proved holds for *every* game with this tree.

Two different polynomials of degree d agree at a random point modulo p with probability at most d / p. Here
p = 2**61 - 1, and a path of H steps has degree 2 H + 2. No coefficient is a multiple of p: they count coinciding terms.
The points are drawn once, from a fixed seed, so that answers repeat.

Reference:
    Schwartz (1980), *Fast probabilistic algorithms for verification of polynomial identities*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Array
from gradcheck.tree.values.blocks import Block, gather
from gradcheck.tree.values.passes import plan_of
from gradcheck.tree.values.segment_sums import Segments

PRIME = 2**61 - 1
_ERROR = 1e-15  # the largest probability of a wrong answer
_SUMMANDS = 6  # the sum of so many residues, and a few units, is below 2**64

_P = np.uint64(PRIME)
_LOW_30, _LOW_31, _LOW_32 = (np.uint64(2**bits - 1) for bits in (30, 31, 32))
_1, _30, _31, _32, _61 = map(np.uint64, (1, 30, 31, 32, 61))


@final
@dataclass(frozen=True, eq=False)
class Point:
    """Where the polynomials are evaluated: residues modulo the prime.

    Attributes:
        x: [V] the action probabilities.
        direction: [V] in which they are moved.
        start: of each first node, in place of its probability.
        chance: [E] of each edge, discounted, in place of the game's.
        mean_reward: [C] the average reward of each choice's edges, in place of the game's.
    """

    x: Array
    direction: Array
    start: Array
    chance: Array
    mean_reward: Array


def random_point(tree: GameTree, seed: int) -> Point:
    """A point that is uniform among all."""
    rng = np.random.default_rng(seed)
    sizes = len(tree.variables), len(tree.variables), tree.num_roots, tree.num_edges, tree.num_choices
    return Point(*(rng.integers(PRIME, size=size, dtype=np.uint64) for size in sizes))


def rounds_needed(tree: GameTree) -> int:
    """How many points make the probability of a wrong answer small enough."""
    return math.ceil(math.log(_ERROR) / math.log(_error_of_a_round(tree)))


def error_probability(tree: GameTree, rounds: int) -> float:
    """How likely two different polynomials agree at all points."""
    return _error_of_a_round(tree) ** rounds


def _error_of_a_round(tree: GameTree) -> float:
    return (2 * len(tree.node_levels) + 2) / PRIME


def identity_holds(tree: GameTree, seed: int = 0) -> bool:
    """Whether ∂Y/∂x at p = x is ∂R/∂x for every x: at as many random points as are needed."""
    points = (random_point(tree, seed + i) for i in range(rounds_needed(tree)))
    return all(derivative_of_R(tree, point) == derivative_of_Y(tree, point) for point in points)


def derivative_of_R(tree: GameTree, point: Point) -> int:
    """Σ v_i ∂R/∂x_i, forward from the start: what is received along the way, in dual numbers."""
    reach, moved = _at_the_start(tree, point), np.zeros(tree.num_nodes, dtype=np.uint64)
    total = 0
    for block in plan_of(tree, None).blocks:
        x, v = _of_choices(tree, block, point.x), _of_choices(tree, block, point.direction)
        here = block.by_node.repeat(reach[block.nodes])
        passing = multiply(here, x)
        change = add(multiply(block.by_node.repeat(moved[block.nodes]), x), multiply(here, v))
        total += _sum(multiply(change, point.mean_reward[block.choices]))
        if block.continuing is not None:
            _arrive(block, passing, point, reach)
            _arrive(block, change, point, moved)
    return total % PRIME


def derivative_of_Y(tree: GameTree, point: Point) -> int:
    """Σ v_i ∂Y/∂x_i: reach forward, averages backward, and the sum over all choices."""
    reach, value = _at_the_start(tree, point), np.empty(tree.num_nodes, dtype=np.uint64)
    all_blocks = plan_of(tree, None).blocks
    for block in all_blocks:
        if block.continuing is not None:
            here = block.by_node.repeat(reach[block.nodes])
            _arrive(block, multiply(here, _of_choices(tree, block, point.x)), point, reach)
    total = 0
    for block in reversed(all_blocks):
        average = point.mean_reward[block.choices].copy()
        if block.continuing is not None:
            going = block.continuing
            later = total_of(going.by_choice, multiply(gather(value, going.child), gather(point.chance, going.edges)))
            rows = slice(None) if going.choices_with is None else going.choices_with
            average[rows] = add(average[rows], later)
        weight = multiply(block.by_node.repeat(reach[block.nodes]), _of_choices(tree, block, point.direction))
        total += _sum(multiply(weight, average))
        value[block.nodes] = total_of(block.by_node, multiply(_of_choices(tree, block, point.x), average))
    return total % PRIME


def _of_choices(tree: GameTree, block: Block, by_variable: Array) -> Array:
    return by_variable.take(tree.choice_variable[block.choices])


def _arrive(block: Block, passing: Array, point: Point, at: Array) -> None:
    """Along the edges of a block that go on, add what passes their choices to what is at their children."""
    going = block.continuing
    assert going is not None  # asked by the callers, who know it from the block
    arriving = multiply(gather(passing, going.choice_in_block), gather(point.chance, going.edges))
    if going.arrivals is None:
        at[going.child] = add(at[going.child], arriving)
    else:
        by_child, children = going.arrivals
        at[children] = add(at[children], total_of(by_child, arriving))


def total_of(segments: Segments, items: Array) -> Array:
    """The sums of each owner's items modulo the prime."""
    if segments.width is not None:
        return _added(items[i :: segments.width] for i in range(segments.width))
    total = np.empty(len(segments.starts), dtype=np.uint64)
    for owners, where in segments.by_width:
        total[owners] = _added(items.take(column) for column in where)
    return total


def _added(columns: Iterator[Array]) -> Array:
    total = next(columns).copy()
    for i, column in enumerate(columns, start=1):
        total += column
        if i % _SUMMANDS == 0:
            total = _folded(total)
    return _folded(total)


def multiply(a: Array, b: Array) -> Array:
    """A · b modulo 2**61 - 1, up to a few units above it, from numbers likewise.

    In halves of 31 bits: no product and no sum below passes 2**64, and 2**61 counts as 1.
    """
    a1, a0, b1, b0 = a >> _31, a & _LOW_31, b >> _31, b & _LOW_31
    middle = a1 * b0
    middle += a0 * b1
    a1 *= b1
    a1 <<= _1
    a0 *= b0
    a0 += a1
    a0 += middle >> _30
    middle &= _LOW_30
    middle <<= _31
    a0 += middle
    return _folded(a0)


def add(a: Array, b: Array) -> Array:
    """A + b modulo 2**61 - 1, up to a few units above it."""
    return _folded(a + b)


def _folded(a: Array) -> Array:
    high = a >> _61
    a &= _P
    a += high
    return a


def _sum(values: Array) -> int:
    return int((values & _LOW_32).sum()) + (int((values >> _32).sum()) << 32)


def _at_the_start(tree: GameTree, point: Point) -> Array:
    reach = np.zeros(tree.num_nodes, dtype=np.uint64)
    reach[: tree.num_roots] = point.start
    return reach
