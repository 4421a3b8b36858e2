"""What a loss, a policy or an objective raises where it was not asked to work is said, and decides nothing.

Where it was asked, its own error reaches the caller, and nothing of this package's.
"""

import pytest
import torch
from torch import nn

from gradcheck import check, games
from gradcheck.estimators import action_log_probs, log_prob


class Particular(Exception):
    """An error of a user's."""


def only(number, weights):
    def loss(policy, episodes):
        if episodes.num_episodes != number:
            raise Particular(f"{episodes.num_episodes} episodes")
        return -(action_log_probs(policy, episodes) * weights(episodes)).sum() / number

    return loss


def test_a_right_loss_of_one_episode():
    result = check(only(1, lambda episodes: episodes.future_returns), batch=1)
    assert (result.verdict, list(result.by_batch_size)) == ("unbiased", [1])


def test_a_wrong_loss_of_four_episodes():
    result = check(only(4, lambda episodes: episodes.rewards), batch=4, counterexample=False)
    assert result.verdict == "inconclusive"  # wrong at this size; what larger batches do cannot be asked
    assert {probe.verdict for probe in result.probes} >= {"inconclusive"}


def test_control_where_it_is_asked_its_own_error_is_raised():
    with pytest.raises(Particular, match="2 episodes") as caught:
        check(only(4, lambda episodes: episodes.rewards), batch=2)
    assert any("The loss loss raised this" in note for note in caught.value.__notes__)


def test_a_maker_of_policies_that_fails_raises_its_own_error():
    def maker(observation_size, num_actions):
        raise Particular("no policy")

    with pytest.raises(Particular, match="no policy"):
        check(log_prob, games.stop_go(), maker)


class Uncopied(nn.Module):
    """Refuses to be copied, which moving its parameters needs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2).double()

    def forward(self, observations):
        return self.layer(observations)

    def __deepcopy__(self, memo):
        raise Particular("not copied")


def test_a_policy_that_cannot_be_copied_is_checked_where_it_need_not_be():
    torch.manual_seed(0)
    result = check(log_prob, games.stop_go(), Uncopied(), batch=2)
    assert result.verdict == "unbiased"
    note = result.notes["moved_parameters"]
    assert note.startswith("Does not apply: InvalidArgument: Expected a policy that can be copied but got")
    assert "Particular: not copied" in note


def test_an_objective_that_fails_in_discounted_games_is_used_in_the_others():
    def objective(policy, episode):
        if episode.discount != 1:
            raise Particular("no discount")
        return episode.rewards.sum()

    result = check(log_prob, objective=objective, batch=2)
    assert result.verdict == "unbiased"
    assert result.notes["discounted"] == "Does not apply: Particular: no discount"


def test_all_batches_are_counted():
    result = check(only(4, lambda episodes: episodes.rewards), batch=4, counterexample=False, all_conditions=False)
    assert result.batches >= sum(at.batches for at in result.by_batch_size.values())
    more = check(log_prob, batch=2, all_conditions=False)
    assert more.batches >= sum(at.batches for at in more.by_batch_size.values()) > more.by_batch_size[2].batches
