"""Episodes are in the dtype of the policy that is optimised, whatever samples; its rounding is no error of a loss."""

import pytest
import torch
from torch import Tensor, nn

from gradcheck import Episodes, TabularGame, check
from gradcheck.estimators.distributions import action_log_probs

GAME = TabularGame(
    {
        0: {0: [(1, 1, 1, False)], 1: [("1/3", 2, 0, False), ("2/3", 1, -2, False)]},
        1: {0: [(1, "end", 2, True)], 1: [(1, "end", -1, True)]},
        2: {0: [(1, "end", 3, True)], 1: [(1, "end", 0, True)]},
    },
    0,
    2,
)
TABLE = {0: ["1/4", "3/4"], 1: ["2/3", "1/3"], 2: ["1/7", "6/7"]}
ALONE = {"counterexample": False, "all_conditions": False}


def episode_weighted(policy: nn.Module, episodes: Episodes) -> Tensor:
    logs = action_log_probs(policy, episodes) - episodes.log_probs
    ratios = logs.new_zeros(episodes.num_episodes).index_add(0, episodes.episode_index, logs).exp()
    return -(ratios * episodes.future_returns[episodes.time_steps == 0]).sum() / episodes.num_episodes


def not_weighted(policy: nn.Module, episodes: Episodes) -> Tensor:
    return -(action_log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes


def linear(dtype: torch.dtype, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Linear(1, 2, dtype=dtype)


@pytest.mark.parametrize("batch", [2, (2, 2)])
@pytest.mark.parametrize("sampler", ["table", torch.float32, torch.float64])
@pytest.mark.parametrize("optimised", [torch.float32, torch.float64])
def test_importance_weights_are_right_in_any_two(optimised: torch.dtype, sampler: object, batch: object) -> None:
    behaviour = linear(sampler, 1) if isinstance(sampler, torch.dtype) else TABLE
    seen = []

    def loss(policy: nn.Module, episodes: Episodes) -> Tensor:
        seen.append(episodes.rewards.dtype)
        return episode_weighted(policy, episodes)

    result = check(loss, GAME, linear(optimised, 0), behaviour=behaviour, batch=batch, **ALONE)
    assert result.verdict == "unbiased", str(result)
    assert set(seen) <= {optimised, torch.float64}  # float32 is asked again in float64
    assert (
        check(not_weighted, GAME, linear(optimised, 0), behaviour=behaviour, batch=batch, **ALONE).verdict == "biased"
    )
