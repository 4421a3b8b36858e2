"""The padded layout and a selection hold the same steps, in the same order, and nothing else."""

import pytest
import torch

from gradcheck import InvalidArgument, TabularGame, estimators, games, sample


@pytest.fixture(scope="module")
def batch():
    """Robots that start in two places, so that episodes have groups."""
    robot = games.robot()
    game = TabularGame(robot.P, {(2, 1): "1/2", (1, 0): "1/2"}, horizon=3)
    return sample(game, games.robot_policy(), 50, seed=1)


def test_the_batch_has_two_groups(batch):
    assert set(batch.group_index.tolist()) == {0, 1}


@pytest.mark.parametrize("name", ["rewards", "observations", "actions", "legal_actions", "future_returns", "dones"])
def test_the_mask_gives_the_flat_field_back(batch, name):
    padded, mask = batch.padded(name)
    assert padded.shape[:2] == mask.shape == (50, 3)
    assert torch.equal(padded[mask], getattr(batch, name))
    assert not padded[~mask].any()
    assert torch.equal(mask.sum(dim=1), batch.lengths)


def test_what_is_no_field_of_steps_is_refused(batch):
    for name in ("lengths", "num_episodes", "padded", "nonsense"):
        with pytest.raises(InvalidArgument, match=f"name='{name}'"):
            batch.padded(name)


def test_selected_episodes_keep_their_steps(batch):
    chosen = [7, 3, 3, 49]
    some = batch.select(chosen)
    assert some.num_episodes == 4
    assert some.lengths.tolist() == batch.lengths[chosen].tolist()
    assert some.group_index.tolist() == batch.group_index[chosen].tolist()
    for place, number in enumerate(chosen):
        for name in ("observations", "actions", "rewards", "future_returns", "time_steps", "log_probs"):
            here, there = getattr(some, name)[some.episode_index == place], getattr(batch, name)
            assert torch.equal(here, there[batch.episode_index == number])


def test_selecting_all_in_order_changes_nothing(batch):
    same = batch.select(range(50))
    for name, value in vars(batch).items():
        assert (
            torch.equal(getattr(same, name), value) if isinstance(value, torch.Tensor) else getattr(same, name) == value
        )


@pytest.mark.parametrize("chosen", [[], [50], [-1]])
def test_episodes_that_are_not_there_are_refused(batch, chosen):
    with pytest.raises(InvalidArgument, match="each from 0 to 49"):
        batch.select(chosen)


def test_the_loss_of_a_selection_is_the_mean_of_its_episodes(batch):
    policy = estimators.TabularPolicy(games.robot(), games.robot_policy())
    chosen = [0, 5, 5, 9]
    single = [estimators.log_prob(policy, batch.select([number])) for number in chosen]
    torch.testing.assert_close(estimators.log_prob(policy, batch.select(chosen)), torch.stack(single).mean())
