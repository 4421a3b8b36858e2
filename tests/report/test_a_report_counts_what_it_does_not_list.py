"""The numbers of histories and of different episodes are those of the tree written out, though nothing is
listed; a game is listed if and only if its episodes are few, short, and their sums small."""

import pytest
from hypothesis import given, settings

from gradcheck import TabularGame
from gradcheck import games as gallery
from gradcheck.document import plain_text as plain
from gradcheck.report.data import make_report
from gradcheck.report.text_report import document
from gradcheck.strategies import games
from gradcheck.tree.symbolic.identities import SumPolynomials
from gradcheck.tree.symbolic.polynomial import on_simplex
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.unrolling.tree_size import _monomials, size_of


@settings(max_examples=200)  # the tree is written out
@given(game=games(max_states=4, max_horizon=4, max_episodes=300))
def test_histories_and_episodes_are_as_many_as_in_the_tree(game):
    size, tree = size_of(unroll(game)), unroll(game, merge=False)
    assert size.histories == tree.num_nodes
    assert size.episodes == sum(1 for _ in paths(tree))
    assert size.longest == max(len(path.edges) for path in paths(tree))
    assert (size.observations, size.variables) == (len(tree.observations), len(tree.variables))


@settings(max_examples=100)  # as above
@given(game=games(max_states=3, max_horizon=4, max_episodes=50))
def test_no_sum_on_the_simplex_has_more_monomials_than_were_counted(game):
    tree = unroll(game, merge=False)
    groups = [[v for v in row if v >= 0] for row in tree.variable_of.tolist()]
    sums = SumPolynomials(tree)
    assert len(on_simplex(sums.R_by_paths, groups)) <= _monomials(unroll(game))


@pytest.mark.parametrize("name", sorted(gallery.GALLERY))
def test_every_game_of_the_gallery_is_listed(name):
    assert size_of(unroll(gallery.GALLERY[name].make())).listable


def chain(steps, *, stop):
    """A long walk, on which one may stop at every step if ``stop``: few episodes in any case."""
    go = {step: {1: [(1, step + 1, 1, step == steps - 1)]} for step in range(steps)}
    return TabularGame({s: ({0: [(1, "end", 0, True)]} if stop else {}) | row for s, row in go.items()}, 0, steps)


def test_a_long_game_is_not_listed_however_few_its_episodes_are():
    assert size_of(unroll(chain(50, stop=False))).listable
    assert not size_of(unroll(chain(51, stop=False))).listable


def test_a_game_whose_sums_explode_is_not_listed():
    """40 episodes; but a product of 40 factors 1 - x has a million million terms."""
    size = size_of(unroll(chain(40, stop=True)))
    assert size.episodes == 41
    assert not size.listable
    assert size_of(unroll(chain(8, stop=True))).listable


def test_it_is_reported_on_all_the_same():
    report = make_report(chain(40, stop=True), episodes=1000)
    assert report.passed
    assert report.at is None
    assert report.best.expected_return == 40
    text = " ".join(plain.render(document(report)).split())
    assert "It has 41 different episodes, whose sums are too long to be listed." in text


def test_states_that_no_episode_meets_are_told():
    game = TabularGame(
        {"a": {0: [(1, "end", 1, True)]}, "b": {0: [(1, "c", 0, False)]}, "c": {0: [(1, "b", 0, True)]}}, "a", horizon=3
    )
    report = make_report(game, episodes=10)
    text = plain.render(document(report))
    assert report.unreachable == ("b", "c")
    assert "2 states of the table are left out, for no episode meets them: 'b', 'c'." in text


def test_control_of_the_robot_s_states_none_is_left_out():
    report = make_report(gallery.robot(), gallery.robot_policy(), episodes=10)
    assert report.unreachable == ()
    assert "left out" not in plain.render(document(report))
