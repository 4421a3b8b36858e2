"""Batches of equally many steps are evaluated at once, with the same result as one by one; and only as many
sizes of batches are evaluated as fit a budget of steps, which is what keeps this part of a report short."""

import time
from math import comb

import pytest
import torch

from gradcheck import games
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.policies import TabularPolicy
from gradcheck.exact import policy_gradient
from gradcheck.report.data import make_report
from gradcheck.report.finite_batch import COMMON_PRACTICES, affordable, finite_batches
from gradcheck.tree.games.catalogue import GALLERY
from gradcheck.tree.unroll import unroll


def rows_of(losses, name, sizes):
    entry = GALLERY[name]
    tree = unroll(entry.make(), merge=False)
    policy = TabularPolicy(tree, entry.play(tree.game))
    exact = policy_gradient(tree, policy)["logits"].reshape(-1)
    return finite_batches(losses, policy, all_episodes(tree, entry.play(tree.game)), exact, sizes)


def one_by_one(loss, calls):
    """The same loss, which cannot be vectorised over batches, for it asks a tensor for its number."""

    def asks(policy, episodes):
        assert episodes.rewards.sum().item() is not None
        calls.append(episodes.num_episodes)
        return loss(policy, episodes)

    return asks


@pytest.mark.parametrize("name", ["robot", "hallway", "kuhn_poker", "two_prompts"])
@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # of a batch of one step, which is one of the cases
def test_together_gives_what_one_by_one_does(name):
    calls = []
    together = rows_of(COMMON_PRACTICES, name, [1, 2])
    by_one = rows_of({key: one_by_one(loss, calls) for key, loss in COMMON_PRACTICES.items()}, name, [1, 2])
    assert len(calls) > 30  # it was one by one
    for row, other in zip(together, by_one, strict=True):
        assert (row.estimator, row.batch) == (other.estimator, other.batch)
        assert row.undefined == pytest.approx(other.undefined)
        for value, same in [(row.direction_error, other.direction_error), (row.scale, other.scale)]:
            assert (value is None) == (same is None)
            assert value is None or value == pytest.approx(same, abs=1e-12)


def test_together_means_a_few_calls():
    calls = []

    def counts(policy, episodes):
        calls.append(episodes.num_episodes)
        return COMMON_PRACTICES["normalised"](policy, episodes)

    rows_of({"counts": counts}, "robot", [5])
    # Instead of 126 batches: 10 portions of equally many steps, all 2 + 3 + 3 + 3 batches that confirm the first 4 of
    # them, and the single batch of 5 steps.
    assert len(calls) == 22


def test_every_field_of_a_batch_is_what_it_is_one_by_one():
    """A loss of odd parts, so that no field can be mixed up with another."""

    def odd(policy, episodes):
        logits = policy(episodes.observations)
        weights = (
            episodes.future_returns
            + episodes.episode_index * 3
            + episodes.time_steps * 0.7
            + episodes.dones * 11
            + episodes.rewards * 0.3
            + episodes.lengths[episodes.episode_index] * 5
            + episodes.group_index[episodes.episode_index] * 13
            + episodes.next_observations.sum(dim=1)
        )
        taken = logits.log_softmax(dim=-1).gather(1, episodes.actions[:, None]).squeeze(1)
        return -(taken * weights).sum() / episodes.num_episodes

    calls = []
    together = rows_of({"odd": odd}, "kuhn_poker", [2])[0]
    by_one = rows_of({"odd": one_by_one(odd, calls)}, "kuhn_poker", [2])[0]
    assert len(calls) == comb(31, 2)
    assert together.scale == pytest.approx(by_one.scale, abs=1e-12)
    assert together.direction_error == pytest.approx(by_one.direction_error, abs=1e-12)


def test_a_loss_that_asks_about_other_observations_is_answered_too():
    def asks_elsewhere(policy, episodes):
        del episodes
        return policy(torch.tensor([[2.0, 1.0]], dtype=torch.float64)).log_softmax(dim=-1)[0, 0]

    assert rows_of({"elsewhere": asks_elsewhere}, "robot", [2])[0].undefined == 0


@pytest.mark.parametrize(
    ("budget", "sizes"), [(0, []), (29, []), (30, [1]), (30 + 2 * 465, [1, 2]), (10**9, [1, 2, 3])]
)
def test_sizes_are_taken_while_their_steps_fit(budget, sizes):
    assert affordable(30, 1, range(1, 4), budget) == sizes


@pytest.mark.parametrize("name", ["kuhn_poker", "kuhn_self_play", "two_prompts"])
def test_this_part_of_a_report_is_short(name):
    """What took a minute and more; the limit is far from a busy machine's two seconds, and from a minute."""
    entry = GALLERY[name]
    game = entry.make()
    began = time.process_time()
    report = make_report(game, entry.play(game), episodes=10)
    assert time.process_time() - began < 15
    sizes = sorted({row.batch for row in report.finite})
    assert sizes == list(range(2, 2 + len(sizes)))
    assert 2 <= len(sizes) < 7


def test_control_of_the_robot_game_all_seven_sizes_are_affordable():
    report = make_report(games.robot(), games.robot_policy(), episodes=10)
    assert sorted({row.batch for row in report.finite}) == list(range(2, 9))
