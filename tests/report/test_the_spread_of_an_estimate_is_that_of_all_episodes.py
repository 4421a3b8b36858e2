"""Worked out along the game, the variance of one episode's estimate of ∂R/∂x is what listing all episodes gives,
or more where that is said, and no episode is farther from the mean than the range. Both are what bounds are made of."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import games as gallery
from gradcheck.estimators import from_the_start, log_prob
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.policies import ProbabilityTable
from gradcheck.report.estimates import episode_gradients
from gradcheck.strategies import games, policies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.policy_table import action_probabilities
from gradcheck.tree.variance import range_bounds as module
from gradcheck.tree.variance.range_bounds import estimate_bounds
from tests.exhaustive import examples

NAMES = sorted(gallery.GALLERY)


def by_listing(game, policy):
    """The variance of each coordinate, and its largest distance from the mean, over all possible episodes."""
    tree = unroll(game, merge=False)
    every = all_episodes(tree, policy)
    loss = partial(log_prob, weights=from_the_start(game.discount))
    gradients = episode_gradients(loss, ProbabilityTable(tree, policy), every.episodes)
    away = gradients - every.probabilities @ gradients
    lengths = every.episodes.lengths.numpy()
    return every.probabilities @ away**2, np.abs(away).max(axis=0), every.probabilities @ lengths


def along(game, policy):
    tree = unroll(game)
    return estimate_bounds(tree, action_probabilities(tree, policy).astype(float))


def room(values):
    return 1e-9 * (1 + np.abs(values).max())  # a few thousand roundings


@examples(200)  # torch loops over the episodes
@given(data=st.data(), bounded=st.booleans())
def test_it_is_what_listing_gives(data, bounded):
    game = data.draw(games(max_episodes=60))
    policy = data.draw(policies(game))
    variance, largest, length = by_listing(game, policy)
    with pytest.MonkeyPatch.context() as patch:
        if bounded:
            patch.setattr(module, "_MAX_VARIABLES", 0)
        found = along(game, policy)
    assert found.mean_length == pytest.approx(length)
    assert (found.largest >= largest - room(largest)).all()
    assert (found.variance >= variance - room(variance)).all()
    if found.exact:
        np.testing.assert_allclose(found.variance, variance, rtol=0, atol=room(variance))


@pytest.mark.parametrize("name", NAMES)
def test_where_no_observation_comes_again_the_range_is_exact_too(name):
    entry = gallery.GALLERY[name]
    game = entry.make()
    policy = entry.play(game)
    variance, largest, _ = by_listing(game, policy)
    found = along(game, policy)
    assert found.exact
    np.testing.assert_allclose(found.variance, variance, rtol=0, atol=room(variance))
    if name not in {"hallway", "random_game"}:
        np.testing.assert_allclose(found.largest, largest, rtol=0, atol=room(largest))


def test_in_the_hallway_the_bound_is_within_five_times_the_range():
    _, largest, _ = by_listing(gallery.hallway(), gallery.GALLERY["hallway"].play(gallery.hallway()))
    found = along(gallery.hallway(), gallery.GALLERY["hallway"].play(gallery.hallway()))
    assert ((largest < found.largest) & (found.largest < 5 * largest)).all()


def test_control_where_observations_come_again_the_bound_of_the_variance_is_not_exact(monkeypatch):
    policy = gallery.GALLERY["hallway"].play(gallery.hallway())
    exact = along(gallery.hallway(), policy).variance
    monkeypatch.setattr(module, "_MAX_VARIABLES", 0)
    bounded = along(gallery.hallway(), policy)
    assert not bounded.exact
    assert (bounded.variance > 1.1 * exact).all()
