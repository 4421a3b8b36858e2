"""Observations as the numbers that a network reads."""

from __future__ import annotations

from numbers import Real

import numpy as np

from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats


def observation_features(tree: GameTree) -> Floats:
    """Write the observations of a game as [I, D] float64, a row for each information set.

    Tuples of numbers, all of one length, are taken as they are; so are single numbers (D = 1). Any other observations
    (words, tuples of several lengths) become one-hot rows in the order of the information sets (D = I).
    """
    rows = [_numbers(seen if isinstance(seen, tuple) else (seen,)) for seen in tree.observations]
    width = len(rows[0])
    if width and all(len(row) == width for row in rows):
        features = np.array(rows, dtype=np.float64)
        if len(np.unique(features, axis=0)) == len(features):  # two numbers can round to one float
            return features
    return np.eye(len(rows))


def _numbers(parts: tuple[object, ...]) -> list[float]:
    """The parts as floats; none at all where one of them is no number."""
    numbers = [float(part) for part in parts if isinstance(part, Real)]
    return numbers if len(numbers) == len(parts) else []
