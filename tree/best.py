"""The best deterministic strategy, by trying them all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import final

import numpy as np

from tree.arrays import objects
from tree.errors import invalid
from tree.exact import evaluate
from tree.game import Game, Observation
from tree.rationals import Number
from tree.unroll import GameTree, unroll

_MAX_STRATEGIES = 100_000  # about a minute on a small game


@final
@dataclass(frozen=True)
class Strategy:
    """One action for each observation, and what it is worth."""

    actions: dict[Observation, int]
    expected_return: Number


def best_strategy(game: Game | GameTree, *, max_strategies: int = _MAX_STRATEGIES) -> Strategy:
    """Find the deterministic strategy with the largest expected return; the first such one in order of actions.

    All are tried: where one information set has several nodes, the best action in it depends on how they are
    reached, and backward induction would look at states the player cannot tell apart. No random strategy is
    better, because the expected return is multilinear in the strategies of a tree where no information set is
    met twice in one episode (and where one is, a random strategy can be).

    Args:
        game: any finite game, or its tree where that is at hand.
        max_strategies: refuse games with more; their number is the product of the numbers of legal actions.

    Raises:
        InvalidArgument: if there are more than ``max_strategies``.

    >>> from tree.robot import robot
    >>> best_strategy(robot())
    Strategy(actions={(2, 1): 0, (1, 0): 1, (2, 0): 1}, expected_return=Fraction(11, 1))
    """
    tree = unroll(game)
    count = math.prod(tree.legal_actions.sum(axis=1).tolist())
    if count > max_strategies:
        raise invalid(f"at most {max_strategies} strategies to try", "the number of strategies", count)
    rows = [np.flatnonzero(legal).tolist() for legal in tree.legal_actions]
    best: Strategy | None = None
    for actions in product(*rows):
        taken = tree.variable_of[np.arange(len(rows)), list(actions)]
        x = objects([Fraction(int(v in taken)) for v in range(len(tree.variables))])
        x = x if tree.exact else x.astype(float)
        worth = evaluate(tree, x).expected_return
        if best is None or worth > best.expected_return:
            best = Strategy(dict(zip(tree.observations, actions, strict=True)), worth)
    assert best is not None  # a game has at least one information set, and each at least one action
    return best
