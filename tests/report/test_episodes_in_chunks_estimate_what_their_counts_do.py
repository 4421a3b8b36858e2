"""The mean gradient of episodes that come in chunks is, to rounding, the mean of their own gradients, one by
one, however they are cut into chunks; and its standard error is that of the sample."""

import numpy as np
import pytest
import torch

from gradcheck import InvalidArgument, games
from gradcheck.estimators import log_prob
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.policies import ProbabilityTable
from gradcheck.estimators.sampling import sample_in_chunks
from gradcheck.report.estimates import episode_gradients, estimate_in_chunks
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.policy_table import action_probabilities
from gradcheck.tree.variance.range_bounds import estimate_bounds

SIZE = 1_000
TREE = unroll(games.robot())
X = action_probabilities(TREE, games.robot_policy()).astype(float)
EXACT = np.array([-0.52, 10, -7, 0.56, 0, 3.78])


def in_chunks(chunk, seed=4, size=SIZE):
    episodes = sample_in_chunks(TREE, X, size, seed, chunk=chunk)
    found = estimate_in_chunks(
        {"loss": log_prob},
        ProbabilityTable(TREE, X, by_number=True),
        episodes,
        EXACT,
        estimate_bounds(TREE, X),
        false_alarm=1e-6,
    )
    return found["loss"]


def listed(chunk, seed=4):
    """The gradient of each of the sampled episodes, found among all there are by its actions and rewards."""
    every = all_episodes(TREE, games.robot_policy())
    gradients = episode_gradients(log_prob, ProbabilityTable(TREE, games.robot_policy()), every.episodes)
    number = {(path.variables, path.rewards): k for k, path in enumerate(paths(TREE))}
    rows = []
    for batch in sample_in_chunks(TREE, X, SIZE, seed, chunk=chunk):
        infosets = batch.observations.squeeze(1).long().numpy()
        variables = TREE.variable_of[infosets, batch.actions.numpy()]
        for steps in np.split(np.arange(len(variables)), batch.lengths.cumsum(0)[:-1].numpy()):
            rewards = tuple(int(reward) for reward in batch.rewards[torch.as_tensor(steps)])
            rows.append(gradients[number[tuple(variables[steps].tolist()), rewards]])
    return np.array(rows)


@pytest.mark.parametrize("chunk", [1, 7, 400, SIZE, 10 * SIZE])
def test_the_means_are_those_of_the_episodes(chunk):
    rows = listed(chunk)
    assert len(rows) == SIZE
    np.testing.assert_allclose([one.mean for one in in_chunks(chunk)], rows.mean(axis=0), rtol=0, atol=1e-12)


def test_in_chunks_of_one_the_standard_error_is_the_usual_one():
    usual = listed(1).std(axis=0, ddof=1) / np.sqrt(SIZE)
    np.testing.assert_allclose([one.standard_error for one in in_chunks(1)], usual, rtol=1e-9, atol=1e-15)


def test_in_larger_chunks_it_is_an_estimate_of_the_same():
    """From 100 chunks of unequal size, the last a small one: right to about a tenth of itself."""
    usual = np.sqrt(estimate_bounds(TREE, X).variance / 1990)
    ratio = [one.standard_error / usual[i] for i, one in enumerate(in_chunks(20, size=1990)) if EXACT[i]]
    assert all(0.7 < each < 1.3 for each in ratio)


def test_one_chunk_has_no_standard_error():
    assert {one.standard_error for one in in_chunks(SIZE)} == {None}


def test_the_sample_is_cut_as_asked_and_another_seed_gives_another():
    sizes = [batch.num_episodes for batch in sample_in_chunks(TREE, X, 10, 0, chunk=4)]
    assert sizes == [4, 4, 2]
    assert in_chunks(7, seed=4) == in_chunks(7, seed=4)
    assert in_chunks(7, seed=4) != in_chunks(7, seed=5)


def test_what_the_player_sees_is_the_number_of_its_information_set():
    for batch in sample_in_chunks(TREE, X, 50, 0, chunk=50):
        assert batch.observations.shape == (len(batch.actions), 1)
        assert set(batch.observations.flatten().tolist()) == {0.0, 1.0, 2.0}
        probs = ProbabilityTable(TREE, X, by_number=True)(batch.observations).probs
        taken = probs.gather(1, batch.actions[:, None]).squeeze(1)
        torch.testing.assert_close(taken.log(), batch.log_probs, rtol=0, atol=0)


def test_illegal_actions_have_probability_0(large_game):
    tree = unroll(large_game)
    x = np.array([1 / len(legal) for legal in tree.rules.legal for _ in legal])
    seen = torch.arange(len(tree.observations), dtype=torch.float64)[:, None]
    probs = ProbabilityTable(tree, x, by_number=True)(seen).probs
    assert ((probs > 0).numpy() == tree.legal_actions).all()


@pytest.mark.parametrize(("name", "value"), [("num_episodes", 0), ("chunk", 0), ("seed", -1)])
def test_a_number_out_of_range_is_refused(name, value):
    given = {"num_episodes": 1, "seed": 0, "chunk": 1} | {name: value}
    with pytest.raises(InvalidArgument, match=f"{name}={value}"):
        next(sample_in_chunks(TREE, X, **given))
