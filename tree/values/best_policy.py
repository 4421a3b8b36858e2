"""The best deterministic strategy: by trying them all, or by backward induction for a player who forgets nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import final

import numpy as np

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.progress import progress
from gradcheck.tree.rationals import as_rational, object_array
from gradcheck.tree.types import Array, Number, Observation
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.arithmetic import Arithmetic, fastest
from gradcheck.tree.values.evaluate_batch import evaluate_batch
from gradcheck.tree.values.evaluation import evaluate

_MAX_STRATEGIES = 100_000  # seconds on a small game
_TOGETHER = 4_096  # strategies


@final
@dataclass(frozen=True)
class Strategy:
    """A deterministic policy: one action for each observation; and its expected return."""

    actions: dict[Observation, int]
    expected_return: Number


def best_strategy(game: Game | GameTree, *, max_strategies: int = _MAX_STRATEGIES) -> Strategy:
    """Find the deterministic strategy with the largest expected return; the first such one in order of actions.

    All are tried. Backward induction would not do: where one information set has several nodes, the best action in it
    depends on how likely each of them is reached. Where no information set is met twice in one episode, no random
    strategy is better, because the expected return is multilinear in the action probabilities; elsewhere one can be.

    Args:
        game: any finite game, or its tree where that is at hand.
        max_strategies: refuse games with more; their number is the product of the numbers of legal actions.

    Raises:
        InvalidArgument: if there are more than ``max_strategies``.

    >>> from gradcheck.tree.games.robot import robot
    >>> best_strategy(robot())
    Strategy(actions={(2, 1): 0, (1, 0): 1, (2, 0): 1}, expected_return=Fraction(11, 1))
    """
    tree = unroll(game)
    count = math.prod(map(len, tree.rules.legal))
    if count > max_strategies:
        raise invalid(f"at most {max_strategies} strategies to try", "the number of strategies", count)
    # First all in float64, many at once; then those within rounding of the best again, in the game's own numbers.
    strategies = progress(product(*tree.rules.legal), count, "strategies tried")
    blocks = iter(lambda: list(islice(strategies, _TOGETHER)), [])
    worth = np.concatenate(
        [evaluate_batch(tree, _probabilities(tree, np.array(block))).expected_return for block in blocks]
    )
    close = np.flatnonzero(worth >= worth.max() - _rounding(tree)).tolist()
    if not tree.exact:
        close = close[:1]
    best: Strategy | None = None
    for actions in _at(product(*tree.rules.legal), close):
        (x,) = _probabilities(tree, np.array([actions]))
        value = evaluate(tree, object_array([Fraction(int(p)) for p in x]) if tree.exact else x).expected_return
        if best is None or value > best.expected_return:
            best = Strategy(dict(zip(tree.observations, actions, strict=True)), value)
    assert best is not None  # a game has at least one information set, and each at least one action
    return best


def best_with_recall(game: Game | GameTree) -> Strategy | None:
    """Find the best strategy of a player with perfect recall, by backward induction; None for a player without.

    Perfect recall: whatever the histories behind an observation are, the player saw and did the same in all of them. So
    how likely each of them is, given the observation, does not depend on what the player does before; and what is done
    after it can be settled first. Where actions are equally good, the first is taken. No random strategy is better.

    Args:
        game: any finite game, or its tree where that is at hand.

    >>> from gradcheck.tree.games.robot import robot
    >>> best_with_recall(robot()).actions
    {(2, 1): 0, (1, 0): 1, (2, 0): 1}

    Reference:
        Kuhn (1953), *Extensive games and the problem of information*.
    """
    tree = unroll(game)
    if not _has_recall(tree):
        return None
    numbers = fastest() if tree.exact else None
    chance, reward, start, (discount, zero) = _numbers(tree, numbers)
    # How likely chance lets each node be reached, where the player takes the actions that lead there.
    reach = np.concatenate([start, np.full(tree.num_nodes - len(start), zero)])
    for edges in tree.edge_levels[:-1]:
        on = edges.start + np.flatnonzero(tree.edge_child[edges] >= 0)
        np.add.at(reach, tree.edge_child[on], reach[tree.edge_node[on]] * chance[on])
    value = np.full(tree.num_nodes + 1, zero)  # the last, at -1: after the end
    taken = np.zeros(len(tree.observations), dtype=int)  # the place of the action among the legal ones
    levels = zip(reversed(tree.node_levels), reversed(tree.choice_levels), reversed(tree.edge_levels), strict=True)
    for nodes, choices, edges in levels:
        ahead = chance[edges] * (reward[edges] + discount * value[tree.edge_child[edges]])
        after = np.add.reduceat(ahead, tree.choice_edge[choices] - edges.start)
        worth = np.full(len(tree.variables), zero)
        np.add.at(worth, tree.choice_variable[choices], reach[tree.choice_node[choices]] * after)
        for infoset in np.unique(tree.node_infoset[nodes]).tolist():  # all its nodes are in this level
            of_actions = worth[tree.variable_of[infoset, list(tree.rules.legal[infoset])]].tolist()
            taken[infoset] = of_actions.index(max(of_actions))
        first = tree.node_choice[nodes] - choices.start
        value[nodes] = after[first + taken[tree.node_infoset[nodes]]]
    roots = tree.node_levels[0]
    actions = {seen: tree.rules.legal[i][taken[i]] for i, seen in enumerate(tree.observations)}
    total = np.add.reduce(reach[roots] * value[roots])
    return Strategy(actions, numbers.write(object_array([total]))[0] if numbers else float(total))


def _numbers(tree: GameTree, numbers: Arithmetic | None) -> tuple[Array, Array, Array, Array]:
    """The chances and rewards of all edges, the start, and the discount with a zero, to compute with."""
    rules, discount = tree.rules, tree.game.discount
    if numbers is None:
        return tree.chance, tree.reward, tree.start[: tree.num_roots], np.array([float(discount), 0.0])
    chance, reward = numbers.read(rules.rational_chance), numbers.read(rules.rational_reward)
    ends = numbers.read([as_rational(discount), Fraction(0)])
    return chance[tree.edge_rule], reward[tree.edge_rule], numbers.read(rules.rational_start), ends


def _has_recall(tree: GameTree) -> bool:
    """Whether an observation always follows the same last choice, and so the same choices and observations before."""
    on = np.flatnonzero(tree.edge_child >= 0)
    infoset = np.concatenate([tree.node_infoset[: tree.num_roots], tree.node_infoset[tree.edge_child[on]]])
    before = np.concatenate([np.full(tree.num_roots, -1), tree.choice_variable[tree.edge_choice[on]]])
    last = np.full(len(tree.observations), -1)
    last[infoset] = before  # any of them
    return bool((last[infoset] == before).all())


def _probabilities(tree: GameTree, actions: Array) -> Array:
    """[B, V] the probabilities, 0 or 1, of strategies [B, I]."""
    x = np.zeros((len(actions), len(tree.variables)))
    variables = tree.variable_of[np.arange(actions.shape[1]), actions]
    np.put_along_axis(x, variables, 1.0, axis=1)
    return x


def _rounding(tree: GameTree) -> float:
    """By how much rounding can set apart two equal expected returns: sums over all edges of a few products a level."""
    levels = len(tree.node_levels)
    return 2.0**-52 * (tree.num_edges + 8 * levels) * levels * float(np.abs(tree.reward).max())


def _at(items: Iterator[tuple[int, ...]], places: list[int]) -> Iterator[tuple[int, ...]]:
    """The items at these places, which increase."""
    before = -1
    for place in places:
        yield next(islice(items, place - before - 1, None))
        before = place
