"""Nothing written in a picture covers anything else written there, or runs out of it."""

from fractions import Fraction
from itertools import combinations
from unittest import mock

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from gradcheck import TabularGame, best_strategy, games, symbolic_sums
from gradcheck.estimators.training import Training
from gradcheck.report import pictures
from gradcheck.report.data import OneStep
from gradcheck.report.finite_batch import FiniteBatch
from gradcheck.tree.games.robot import PLACES

ACTIONS = ("left", "right")
SLACK = 1.0  # pixels: boxes of text are a little taller than the text


def tree(game, policy, places=PLACES):
    sums = symbolic_sums(game)
    return pictures.draw_tree(sums, sums.at(policy), places=places)


def chancy_game():
    outcomes = [("1/3", "c", 2, False), ("1/3", "e", "-1/3", True), ("1/3", "e", 0, True)]
    rows = {"a": {0: [(1, "b", 1, False)], 1: outcomes}, "b": {0: [(1, "e", 5, True)]}}
    return TabularGame(rows | {"c": {0: [(1, "e", -25, True)], 2: [(1, "e", 1, True)]}}, {"a": "1/3", "c": "2/3"}, None)


def finite():
    # As the robot game has them at the logits of its first policy, rounded.
    errors = {"mean_over_steps": (0.018, 0.008, 0.001), "normalised": (0.03, 0.0004, 0.00085)}
    rows = {**errors, "normalised_mean_over_steps": (0.004, 0.009, 0.0033)}
    return [FiniteBatch(name, n, e, 1.0, 0.0) for name, row in rows.items() for n, e in zip((2, 3, 8), row)]


PICTURES = {
    "robot": lambda: tree(games.robot(), games.robot_policy()),
    "robot with other numbers": lambda: tree(
        games.robot(diamond="1/3", flag=125, slip="123/1000"),
        dict.fromkeys(games.robot_policy(), (Fraction(1, 3), Fraction(2, 3))),
    ),
    "chancy game": lambda: tree(
        chancy_game(), {"a": ("1/2", "1/2", 0), "b": (1, 0, 0), "c": ("1/3", 0, "2/3")}, places=None
    ),
    "rectangles": lambda: pictures.draw_rectangles(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS),
    "rectangles, falling": lambda: pictures.draw_rectangles(OneStep((0.7, 0.3), (10.0, 3.0)), ACTIONS),
    "rectangles, narrow": lambda: pictures.draw_rectangles(OneStep((0.1, 0.9), (5.0, 2.0)), ACTIONS),
    "plane": lambda: pictures.draw_plane(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS),
    "convergence": lambda: pictures.draw_convergence(
        pictures.converge(games.robot(), games.robot_policy()),
        observations=("hilltop, diamond", "hillside", "hilltop, no diamond"),
        actions=ACTIONS,
    ),
    "finite batches": lambda: pictures.draw_finite_batches(finite()),
    "training": lambda: pictures.draw_training(
        Training((2.636, 8.0, 10.0, 10.5, 10.9, 10.973)), best_strategy(symbolic_sums(games.robot()).tree)
    ),
}


def written(figure):
    """Every text that is really drawn (ticks outside the limits are not), with its box while it is drawn.

    Slanted text, along the axes of the plane, is left out: its box is much larger than the text.
    """
    boxes = []
    draw = Text.draw

    def record(text, renderer, *args, **kwargs):
        draw(text, renderer, *args, **kwargs)
        if text.get_visible() and text.get_text().strip() and text.get_rotation() % 90 == 0:
            boxes.append((text.get_text(), text.get_window_extent(renderer)))

    with mock.patch.object(Text, "draw", record):
        FigureCanvasAgg(figure).draw()
    return boxes


def overlaps(boxes):
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > SLACK and min(a.y1, b.y1) - max(a.y0, b.y0) > SLACK
    ]


def outside(figure, boxes):
    width, height = figure.bbox.size
    return [words for words, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_overlap_or_leave_the_picture(name):
    figure = PICTURES[name]()
    boxes = written(figure)
    assert len(boxes) >= 8
    assert overlaps(boxes) == []
    assert outside(figure, boxes) == []


def test_control_overlapping_words_are_found():
    figure = pictures.draw_rectangles(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS)
    figure.axes[0].text(0.34, 1.5, "on top of it")
    figure.text(0.99, 0.5, "out of the picture")
    boxes = written(figure)
    assert ("left\n0.7 × 3 = 2.1", "on top of it") in overlaps(boxes)
    assert "out of the picture" in outside(figure, boxes)
