"""All batches are listed once, with probabilities that sum to 1 and that playing the game step by step gives, too."""

import itertools
from dataclasses import fields

import numpy as np
import pytest
import torch

from gradcheck import unroll
from gradcheck.checking.probes.battery import BATTERY
from gradcheck.estimators.batches import count_draws, enumerate_draws
from gradcheck.estimators.collectors.complete_episodes import CompleteEpisodes
from gradcheck.estimators.collectors.fixed_steps import FixedSteps
from gradcheck.estimators.collectors.groups import Groups

PROBES = {probe.name: probe for probe in BATTERY}


def setting(name):
    game = PROBES[name].game(0)
    return unroll(game), PROBES[name].policy(game, 0)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_multisets_gather_the_sequences(size):
    p = np.array([0.1, 0.2, 0.3, 0.4])
    gathered = {}
    for row, weight in zip(*enumerate_draws(p, size, ordered=True), strict=True):
        key = tuple(sorted(row.tolist()))
        gathered[key] = gathered.get(key, 0.0) + weight
    chosen, weights = enumerate_draws(p, size, ordered=False)
    assert len(chosen) == len(gathered) == count_draws(4, size, ordered=False)
    for row, weight in zip(chosen.tolist(), weights, strict=True):
        assert weight == pytest.approx(gathered[tuple(row)], rel=1e-12)


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("make", [CompleteEpisodes, FixedSteps, lambda *a: Groups(*a, groups=2)])
@pytest.mark.parametrize("ordered", [True, False])
def test_probabilities_sum_to_1_and_counts_are_right(name, make, ordered):
    collector = make(*setting(name))
    found = collector.batches(4, ordered=ordered)
    assert sum(one.weights.sum() for one in found) == pytest.approx(1, abs=1e-12)
    assert sum(len(one.weights) for one in found) == collector.count(4, ordered=ordered)
    assert all((one.weights > 0).all() for one in found)


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("one_layout", [True, False])
def test_portions_hold_every_batch_once_and_look_as_select_makes_them(name, one_layout):
    (batches,) = CompleteEpisodes(*setting(name)).batches(3, ordered=True)
    seen = []
    for some in batches.alike(7, one_layout=one_layout):
        assert len(some) <= 7
        for number in range(len(some)):
            row = some.batches.chosen[number].tolist()
            seen.append((tuple(row), some.batches.weights[number]))
            made, wanted = some[number], batches.pool.select(row)
            for field in fields(made):
                value, same = getattr(made, field.name), getattr(wanted, field.name)
                assert value.equal(same) if isinstance(value, torch.Tensor) else value == same, field.name
    assert sorted(row for row, _ in seen) == sorted(map(tuple, batches.chosen.tolist()))
    assert sum(weight for _, weight in seen) == pytest.approx(1, abs=1e-12)


def buffers_by_play(game, policy, steps):
    """(actions, rewards, truncated) of every buffer with its probability, by playing on until it is full."""
    found = {}

    def play(state, time, actions, rewards, chance):
        if len(actions) == steps:
            key = (tuple(actions), tuple(map(float, rewards)), state is not None)
            found[key] = found.get(key, 0.0) + chance
            return
        starts = game.starts() if state is None else [(1, state)]
        for start_chance, here in starts:
            seen = game.observe(here)
            legal = game.legal_actions(here)
            for action in legal:
                p = policy[seen][legal.index(action)]
                for outcome, following, reward, over in game.step(here, action):
                    on = None if over or time + 1 == game.horizon else following
                    q = chance * float(start_chance) * p * float(outcome)
                    play(on, 0 if on is None else time + 1, [*actions, action], [*rewards, reward], q)

    play(None, 0, [], [], 1.0)
    return found


@pytest.mark.parametrize("name", ["unequal_lengths", "chance", "two_starts"])
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_buffers_are_those_of_playing_until_they_are_full(name, steps):
    game = PROBES[name].game(0)
    policy = PROBES[name].policy(game, 0)
    table = {}
    for state in game.P:
        seen = game.observe(state)
        logits = policy(torch.tensor([seen], dtype=torch.float64))[0]
        table[seen] = logits.softmax(-1).tolist()
    wanted = buffers_by_play(game, table, steps)
    found = {}
    for batches in FixedSteps(unroll(game), policy).batches(steps, ordered=True):
        for some in batches.alike(100):
            for number in range(len(some)):
                e = some[number]
                assert len(e.actions) == steps
                key = (tuple(e.actions.tolist()), tuple(e.rewards.tolist()), bool(e.truncated[-1]))
                found[key] = found.get(key, 0.0) + some.batches.weights[number]
                assert not e.truncated[:-1].any()
                assert (e.bootstrap_values[~e.truncated] == 0).all()
    # Different ways through the game may look alike in what is compared; their probabilities add up.
    assert found.keys() == wanted.keys()
    for key, weight in found.items():
        assert weight == pytest.approx(wanted[key], rel=1e-12)


def test_groups_come_from_one_start_each():
    collector = Groups(*setting("two_starts"), groups=2)
    start = collector.all_episodes.episodes.group_index.numpy()
    (batches,) = collector.batches(6, ordered=True)
    groups = start[batches.chosen].reshape(-1, 2, 3)
    assert (groups == groups[:, :, :1]).all()
    assert batches.groups.tolist() == [0, 0, 0, 1, 1, 1]
    both = {(a, b) for a, b in groups[:, :, 0].tolist()}
    assert both == set(itertools.product(np.unique(start).tolist(), repeat=2))
    for a, b in both:
        weight = batches.weights[(groups[:, 0, 0] == a) & (groups[:, 1, 0] == b)].sum()
        assert weight == pytest.approx(0.25, abs=1e-12)


def test_control_unequal_probabilities_would_be_noticed():
    chosen, weights = enumerate_draws(np.array([0.25, 0.75]), 2, ordered=False)
    assert chosen.tolist() == [[0, 0], [0, 1], [1, 1]]
    assert weights.tolist() != [1 / 3] * 3
    assert weights.tolist() == [0.0625, 0.375, 0.5625]
