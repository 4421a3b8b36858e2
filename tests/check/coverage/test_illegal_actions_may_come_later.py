"""A loss without the mask fails whatever its baseline, on the battery and on a game with tables of its own."""

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import TabularGame
from tests.check.coverage.judged import named, passes

GAME = TabularGame(
    {
        (1, 0): {0: [(1, (0, 1), 1, False)], 1: [(1, "end", 3, True)], 2: [(1, "end", -2, True)]},
        (0, 1): {0: [(1, "end", -1, True)], 2: [(1, "end", 4, True)]},
    },
    (1, 0),
    2,
)


def without(masked, baseline):
    def loss(policy, episodes):
        logits = policy(episodes.observations)
        logits = logits.masked_fill(~episodes.legal_actions, -1e9) if masked else logits
        totals = torch.zeros(episodes.num_episodes, dtype=torch.float64)
        totals = totals.index_add(0, episodes.episode_index, episodes.rewards)
        advantages = (totals - baseline(totals))[episodes.episode_index]
        return -(Categorical(logits=logits).log_prob(episodes.actions) * advantages).sum() / episodes.num_episodes

    return loss


BASELINES = {
    "none": lambda totals: 0 * totals,
    "leave-one-out": lambda totals: (totals.sum() - totals) / (len(totals) - 1),
    "mean": lambda totals: totals.mean(),
    "another episode": lambda totals: totals.roll(1),
}


@pytest.mark.parametrize(**named({name: without(False, baseline) for name, baseline in BASELINES.items()}))
def test_it_is_noticed_on_the_battery(loss):
    assert not passes(loss, conditions="illegal_actions", batch=3)


@pytest.mark.parametrize(**named({name: without(False, baseline) for name, baseline in BASELINES.items()}))
def test_it_is_noticed_on_a_game_with_default_tables(loss):
    assert not passes(loss, game=GAME, conditions="illegal_actions", batch=3)


@pytest.mark.parametrize(**named({name: without(True, baseline) for name, baseline in BASELINES.items()}))
def test_control_with_the_mask_it_is_right(loss):
    assert passes(loss, conditions="illegal_actions", batch=3)
    assert passes(loss, game=GAME, conditions="illegal_actions", batch=3)
