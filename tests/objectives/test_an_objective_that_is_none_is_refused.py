"""What cannot be an objective, or has no gradient, gets one clear message."""

import pytest
import torch

from gradcheck import InvalidArgument, TabularGame, TabularPolicy, estimators, games
from gradcheck.objectives import discounted_return, entropy_regularised, kl_regularised, true_gradient

GAME = games.stop_go()


def refused(objective, game=GAME, policy=None):
    with pytest.raises(InvalidArgument) as raised:
        true_gradient(objective, game, TabularPolicy(game) if policy is None else policy)
    return str(raised.value)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda policy, episode: 1.0, "Expected a scalar tensor but got objective(policy, episode)=1.0 (type=float)"),
        (lambda policy, episode: policy(episode.observations), "the shape of objective(policy, episode)=(1, 2)"),
        (lambda policy, episode: episode.actions.sum(), "the dtype of objective(policy, episode)=torch.int64"),
        (lambda policy, episode: episode.rewards.sum() / 0, "Expected a finite number but got objective"),
        (lambda policy, episode: (episode.rewards * torch.nan).sum(), "the episode with the actions [0]"),
        (3, "Expected a function objective(policy, episode) but got objective=3 (type=int)"),
    ],
    ids=["a float", "a vector", "whole numbers", "infinite", "NaN", "no function"],
)
def test_a_bad_value(objective, message):
    assert message in refused(objective)


def test_a_divergence_that_is_infinite():
    def only_the_first(observations):
        return torch.tensor([[0.0, -torch.inf]], dtype=torch.float64).expand(len(observations), 2)

    assert "Expected a finite number" in refused(kl_regularised(1, only_the_first))


def test_a_policy_without_parameters_or_gradient():
    frozen = TabularPolicy(GAME).requires_grad_(False)
    assert "Expected a policy with parameters that require a gradient" in refused(discounted_return, policy=frozen)
    assert "Expected an nn.Module" in refused(discounted_return, policy=lambda seen: seen)

    class Cut(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = TabularPolicy(GAME)

        def forward(self, observations):
            return self.inside(observations).detach()

    assert "Expected a policy whose probabilities have a gradient" in refused(discounted_return, policy=Cut())


def test_a_game_of_too_many_episodes():
    twenty_coins = TabularGame({"a": {action: [(1, "a", action, False)] for action in (0, 1)}}, "a", 20)
    assert "Expected a game of at most 100,000 branches" in refused(discounted_return, twenty_coins)


@pytest.mark.parametrize("make", [entropy_regularised, kl_regularised])
def test_a_coefficient_that_is_no_number(make):
    with pytest.raises(InvalidArgument, match=r"Expected a finite number .* but got beta=nan"):
        make(float("nan"))


def test_a_reference_that_is_no_policy():
    with pytest.raises(InvalidArgument, match=r"Expected an nn\.Module or a callable"):
        kl_regularised(1, {"a": (1, 0)})


def test_several_episodes_at_once():
    policy = TabularPolicy(GAME)
    every = estimators.all_episodes(GAME, policy).episodes
    with pytest.raises(InvalidArgument, match="Expected a batch of one episode"):
        discounted_return(policy, every)
    assert discounted_return(policy, every.select([0])) == 1


def test_control_a_good_objective_is_not_refused():
    J, gradient = true_gradient(lambda policy, episode: episode.rewards.sum(), GAME, TabularPolicy(GAME))
    assert pytest.approx(1) == J
    assert gradient["logits"].isfinite().all()
