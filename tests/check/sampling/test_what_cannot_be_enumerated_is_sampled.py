"""Losses that draw random numbers, and batches too many to list, get a verdict from samples where one is asked for.

A right loss fails with probability 1e-6 at most; with the seeds given here the outcome is always the same.
"""

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import InvalidArgument, check, games
from gradcheck.checking.verdict import Verdict

OPTIONS = {"counterexample": False, "all_conditions": False}


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def plain(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def random_steps(policy, e):
    """Half of the steps, chosen anew each time, at twice their weight: right on average."""
    kept = 2.0 * (torch.rand(len(e.rewards)) < 0.5)
    return -(log_probs(policy, e) * e.future_returns * kept).sum() / e.num_episodes


def random_steps_unweighted(policy, e):
    return random_steps(policy, e) / 2


def random_and_wrong(policy, e):
    kept = 2.0 * (torch.rand(len(e.rewards)) < 0.5)
    return -(log_probs(policy, e) * e.rewards * kept).sum() / e.num_episodes


def batch_deviation(policy, e):
    return plain(policy, e) / (1 + e.future_returns.std())


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [(random_steps, "unbiased"), (random_steps_unweighted, "proportional"), (random_and_wrong, "biased")],
)
def test_losses_with_random_numbers_of_their_own(loss, verdict):
    result = check(loss, games.stop_go(), {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}, draws=20_000, **OPTIONS)
    assert result.verdict == verdict
    assert not result.exact
    assert 0.999 <= result.confidence < 1
    assert any(remark.startswith("Sampled, not enumerated") for remark in result.remarks)
    again = check(loss, games.stop_go(), {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}, draws=20_000, **OPTIONS)
    assert torch.equal(again.expected_gradient, result.expected_gradient)


def test_too_few_draws_decide_nothing():
    policy = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    result = check(random_steps, games.stop_go(), policy, draws=20, **OPTIONS)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert not result
    assert not result.verdict.at_least(Verdict.CONSISTENT)


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # of batches of one, which are tried for a structure
def test_batches_too_many_to_list():
    """A deviation of the whole batch is no sum over episodes or pairs; its direction is off by little at N = 40."""
    policy = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    with pytest.raises(InvalidArgument, match="batches to enumerate"):
        check(batch_deviation, games.stop_go(), policy, batch=40, max_batches=100, **OPTIONS)
    result = check(batch_deviation, games.stop_go(), policy, batch=40, max_batches=100, draws=5_000, **OPTIONS)
    assert not result.exact
    assert result.verdict in ("proportional", "inconclusive")


def off_policy(policy, e):
    """Whole ratios, which are right for the return; of single steps, for the surrogate."""
    log_ratio = log_probs(policy, e) - e.log_probs
    whole = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, log_ratio).exp()
    totals = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)
    return -(whole * totals).mean()


def surrogate(policy, e):
    return -((log_probs(policy, e) - e.log_probs).exp() * e.future_returns).sum() / e.num_episodes


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("loss", "reference"), [(off_policy, "return"), (surrogate, "stepwise")])
def test_a_right_loss_off_policy_with_a_factor_of_its_own_is_not_called_biased(loss, reference, seed):
    def noisy(policy, e):
        return loss(policy, e) * (0.5 + torch.rand(()))

    policy = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    options = {"conditions": "moved_parameters", "reference": reference, "draws": 500, "seed": seed}
    result = check(noisy, games.stop_go(), policy, **options, **OPTIONS)
    assert result.verdict in ("unbiased", "inconclusive")


def test_control_off_policy_the_wrong_sign_is_biased():
    def noisy(policy, e):
        return -off_policy(policy, e) * (0.5 + torch.rand(()))

    policy = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    result = check(noisy, games.stop_go(), policy, conditions="moved_parameters", draws=8_000, **OPTIONS)
    assert result.verdict == "biased"


def test_control_enumeration_is_preferred():
    result = check(plain, games.stop_go(), draws=10, **OPTIONS)
    assert result.exact
    assert result.confidence == 1
    assert result.verdict == "unbiased"


def test_structure_is_preferred_to_sampling():
    policy = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    result = check(plain, games.stop_go(), policy, batch=40, max_batches=100, draws=10, **OPTIONS)
    assert result.exact
    assert result.verdict == "unbiased"


@pytest.mark.parametrize("draws", [0, -1, 1.5, "many"])
def test_bad_numbers_of_draws(draws):
    with pytest.raises(InvalidArgument, match="draws="):
        check(plain, draws=draws)
