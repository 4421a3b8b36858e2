"""What is written in a picture comes from the game, the policy and the estimates it was given."""

from fractions import Fraction

import numpy as np
import pytest
from matplotlib.text import Text

from gradcheck import InvalidArgument, TabularGame, best_strategy, games, symbolic_sums
from gradcheck.estimators.training import Training
from gradcheck.report import pictures
from gradcheck.report.data import OneStep
from gradcheck.report.finite_batch import FiniteBatch
from gradcheck.tree.games.robot import PLACES

ACTIONS = ("left", "right")


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def words(figure):
    return "\n".join(texts(figure))


def tree_of(game, policy):
    sums = symbolic_sums(game)
    return pictures.draw_tree(sums, sums.at(policy), actions=ACTIONS, places=PLACES)


def test_the_tree_of_the_robot_game():
    shown = texts(tree_of(games.robot(), games.robot_policy()))
    for i, value in enumerate(["0.7", "0.3", "0.4", "0.6", "0.8", "0.2"]):
        assert shown.count(f"x{i} = {value}") == 1
    assert [text for text in shown if text.startswith("reached")] == ["reached 1", "reached 0.7", "reached 0.378"]
    assert shown.count("0.1") == shown.count("0.9") == 1
    assert sorted(text for text in shown if text in {"+3", "+10", "−10", "0"}) == sorted(
        ["+3", "+10", "−10", "−10", "0", "0", "+10"]
    )
    for product in ("−1.96", "−0.294", "0.9072", "0.9828", "3"):
        assert product in shown
    assert shown[-1] == "expected return R = 2.636"


def test_the_tree_of_another_game_at_another_policy():
    half = Fraction(1, 2)
    policy = dict.fromkeys(games.robot_policy(), (half, half))
    shown = texts(tree_of(games.robot(diamond=-4, slip="1/5"), policy))
    assert "−4" in shown
    assert "0.2" in shown
    assert "x5 = 0.5" in shown
    assert "reached 0.2" in shown  # 1/2 · 1/2 · 4/5


def test_a_tree_without_words_shows_what_the_player_sees():
    sums = symbolic_sums(games.robot_one_step())
    shown = texts(pictures.draw_tree(sums, sums.at({(2, 1): (1, 0)})))
    assert {"(2, 1)", "(1, 0)", "(3, 1)", "0", "1"} <= set(shown)


def test_a_tree_that_begins_by_chance():
    game = TabularGame({"a": {0: [(1, "end", 1, True)]}, "b": {0: [(1, "end", 5, True)]}}, {"a": "1/4", "b": "3/4"}, 1)
    sums = symbolic_sums(game)
    shown = texts(pictures.draw_tree(sums, sums.at({"a": (1,), "b": (1,)})))
    assert {"reached 0.25", "reached 0.75", "expected return R = 4"} <= set(shown)


def test_a_tree_with_too_many_endings_is_refused():
    game = TabularGame({"s": {a: [(1, "end", a, True)] for a in range(61)}}, "s", 1)
    sums = symbolic_sums(game)
    at = sums.at({"s": tuple(Fraction(1, 61) for _ in range(61))})
    with pytest.raises(InvalidArgument, match="at most 60 endings"):
        pictures.draw_tree(sums, at)


@pytest.mark.parametrize("draw", [pictures.draw_rectangles, pictures.draw_plane])
def test_one_step(draw):
    shown = words(draw(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS))
    assert "R = " in shown
    assert "5.1" in shown
    other = words(draw(OneStep((0.2, 0.8), (5.0, -4.0)), ("stay", "leap")))
    assert "−2.2" in other
    assert "stay" in other
    assert "3" not in other.replace("−3", "")  # nothing of the robot's is left over, ticks aside


def test_the_rectangles_say_at_what_rate_R_changes():
    shown = words(pictures.draw_rectangles(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS))
    assert "dx × (10 − 3)\n= dx × 7" in shown
    shown = words(pictures.draw_rectangles(OneStep((0.2, 0.8), (5.0, -4.0)), ("stay", "leap")))
    assert "dx × (−4 − 5)\n= dx × (−9)" in shown


def test_the_area_of_the_rectangles_is_R():
    step = OneStep((0.7, 0.3), (3.0, 10.0))
    axes = pictures.draw_rectangles(step, ACTIONS).axes[0]
    left, right = [patch for patch in axes.patches if patch.get_facecolor()[3] == pytest.approx(0.22)]
    area = sum(patch.get_width() * patch.get_height() for patch in (left, right))
    assert area == pytest.approx(step.expected_return)


def test_the_plane_has_both_slopes_and_the_slope_along_the_line():
    shown = words(pictures.draw_plane(OneStep((0.7, 0.3), (3.0, 10.0)), ACTIONS))
    assert "∂R/∂x0 = 3" in shown
    assert "∂R/∂x1 = 10" in shown
    assert "slope 7" in shown


@pytest.mark.parametrize("draw", [pictures.draw_rectangles, pictures.draw_plane])
def test_one_step_with_three_actions_is_refused(draw):
    with pytest.raises(InvalidArgument, match="two actions"):
        draw(OneStep((0.2, 0.3, 0.5), (1.0, 2.0, 3.0)), ("a", "b", "c"))


def test_a_habit_without_an_expected_gradient_is_left_out():
    rows = [
        FiniteBatch("normalised", 1, None, None, 0.3),
        FiniteBatch("normalised", 2, 0.02, 0.1, 0.0),
        FiniteBatch("normalised", 3, 0.01, 0.1, 0.0),
        FiniteBatch("of my own", 1, None, None, 0.3),
    ]
    figure = pictures.draw_finite_batches(rows)
    (line,) = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[2, 0.02], [3, 0.01]]
    assert "normalised" in texts(figure)
    with pytest.raises(InvalidArgument, match="at least one row"):
        pictures.draw_finite_batches(rows[:1])


def test_the_learning_curve_shows_where_it_begins_and_ends():
    figure = pictures.draw_training(Training((2.5, 4.0, 9.75)), best_strategy(symbolic_sums(games.robot()).tree))
    assert {"2.500", "9.750", "the best strategy: 11"} <= set(texts(figure))
    assert list(figure.axes[0].lines[1].get_ydata()) == [2.5, 4.0, 9.75]


@pytest.fixture(scope="module")
def run():
    return pictures.converge(games.robot(), games.robot_policy())


def test_the_sizes_double_from_16_to_two_to_the_twentieth(run):
    assert run.sizes.tolist() == [2**k for k in range(4, 21)]


def test_the_exact_partials_and_standard_errors(run):
    np.testing.assert_allclose(run.exact, [-0.52, 10, -7, 0.56, 0, 3.78])
    # x1: 10 / 0.3 with probability 0.3, else 0; so the variance is 10² / 0.3 - 10².
    np.testing.assert_allclose(run.standard_errors[:, 1] ** 2 * run.sizes, 100 / 0.3 - 100)


def test_the_estimates_converge(run):
    errors = np.where(run.standard_errors > 0, run.standard_errors, 1)
    for means in run.means.values():
        assert (abs(means - run.exact) / errors)[-1].max() < 5
        assert abs(means - run.exact)[-1].max() < 0.1 < abs(means - run.exact)[0].max()


def test_each_estimator_has_episodes_of_its_own(run):
    one, other = run.means.values()
    assert not np.allclose(one[0], other[0])


def test_a_larger_sample_keeps_the_smaller_one(run):
    for means in run.means.values():
        gained = np.diff(means * run.sizes[:, None], axis=0)  # twice as many episodes: as many new as old
        new = gained / run.sizes[:-1, None]
        assert (abs(new - run.exact) <= 6 * run.standard_errors[:-1] + 1e-9).all()


def test_the_panels_show_the_run(run):
    figure = pictures.draw_convergence(run, observations=("top", "side", "top again"), actions=ACTIONS)
    shown = texts(figure)
    for i, value in enumerate(["−0.52", "10", "−7", "0.56", "0", "3.78"]):
        assert f"∂R/∂x{i} = {value}" in shown
    lines = [line.get_ydata() for line in figure.axes[0].lines]
    for means in run.means.values():
        assert any(np.array_equal(line, means[:, 0]) for line in lines)


def test_an_illegal_action_has_no_panel():
    game = TabularGame({"s": {0: [(1, "t", 1, False)], 1: [(1, "e", 2, True)]}, "t": {1: [(1, "e", 3, True)]}}, "s", 2)
    run = pictures.converge(game, {"s": ("1/2", "1/2"), "t": (0, 1)})
    figure = pictures.draw_convergence(run, observations=("s", "t"), actions=("a", "b"))
    assert [axes.axison for axes in figure.axes] == [True, False, True, True]
