"""An added term is one finding, with its other names, whatever the objective."""

import pytest
from torch.distributions import Categorical

from gradcheck import games
from tests.check.diagnosis.mistaken import diagnosed, episode_mean, log_probs, names, reinforce, sums


def entropies(policy, episodes):
    return Categorical(logits=policy(episodes.observations)).entropy()


def squares(policy):
    return sum(parameter.square().sum() for parameter in policy.parameters())


def return_and_entropy(policy, episode):
    return episode.rewards.sum() + 0.5 * entropies(policy, episode).sum()


def maximum_entropy(policy, e):
    """Right for ``return_and_entropy``: the entropies of later steps belong to the return."""
    now = entropies(policy, e)
    later = sums(e, now.detach(), later=True) - now.detach()
    return -episode_mean(log_probs(policy, e) * (e.future_returns + 0.5 * later) + 0.5 * now, e)


@pytest.mark.parametrize(("sign", "name"), [(-1, "entropy_bonus"), (1, "entropy_penalty")])
def test_an_entropy_is_one_finding(sign, name):
    result = diagnosed(lambda policy, e: reinforce(policy, e) + sign * 0.1 * episode_mean(entropies(policy, e), e))
    (finding,) = result.findings
    assert finding.cause == name
    assert "plus 0.1 times" in finding.evidence


def test_what_cannot_be_told_from_it_is_said_beside_it():
    result = diagnosed(lambda policy, e: reinforce(policy, e) - 0.1 * episode_mean(entropies(policy, e), e))
    (finding,) = result.findings
    assert finding.also == ("kl_k2",)
    assert finding.evidence.endswith("Equal here to kl_k2.")


@pytest.mark.parametrize("game", [None, games.stop_go()], ids=["battery", "given"])
def test_the_objective_reaches_the_diagnosis(game):
    options = {"objective": return_and_entropy, "batch": 2}
    assert diagnosed(maximum_entropy, game=game, **options).verdict == "unbiased"  # the control
    decayed = diagnosed(lambda policy, e: maximum_entropy(policy, e) + 0.025 * squares(policy), game=game, **options)
    assert names(decayed) == ["weight_decay"]


def test_control_under_another_objective_it_is_more_than_weight_decay():
    decayed = diagnosed(lambda policy, e: maximum_entropy(policy, e) + 0.025 * squares(policy), batch=2)
    assert names(decayed) != ["weight_decay"]


def test_two_terms_are_two_findings():
    def loss(policy, e):
        return reinforce(policy, e) - 0.1 * episode_mean(entropies(policy, e), e) + 0.01 * squares(policy)

    result = diagnosed(loss)
    assert names(result) == ["entropy_bonus", "weight_decay"]
    assert "plus 0.1 times that of this term plus 0.02 times that of weight_decay" in result.findings[0].evidence
