"""A loss whose terms cancel on every batch has no gradient: what rounding leaves of it points nowhere."""

from fractions import Fraction

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, check
from tests.check.diagnosis.mistaken import log_probs, names, reinforce

QUICK = {"counterexample": False, "all_conditions": False}


def centred(episodes):
    returns = episodes.future_returns
    return (returns - returns.mean()) / (returns.std(unbiased=False) + 0.1)


def product_of_means(policy, episodes):
    return -(log_probs(policy, episodes).mean() * centred(episodes).mean())


def product_of_sums(policy, episodes):
    return -(log_probs(policy, episodes).sum() * centred(episodes).sum()) / episodes.num_episodes**2


def difference_of_two_ways(policy, episodes):
    """The same twice, summed in another order."""
    terms = log_probs(policy, episodes) * episodes.future_returns
    return (terms.flip(0).cumsum(0)[-1] - terms.cumsum(0)[-1]) / episodes.num_episodes


def probabilities_that_sum_to_one(policy, episodes):
    return (policy(episodes.observations).softmax(-1).sum(-1) * episodes.future_returns).mean()


@pytest.mark.parametrize(
    "loss", [product_of_means, product_of_sums, difference_of_two_ways, probabilities_that_sum_to_one]
)
def test_it_is_biased_and_zero_on_every_probe(loss):
    result = check(loss, **QUICK)
    assert result.verdict == "biased"
    assert not any(probe.expected_gradient.any() for probe in result.probes)
    assert "all there is, for the expected gradient is zero" in " ".join(str(result).split())


def test_not_proportional_where_rounding_happens_to_point_along_the_true_gradient():
    three = [Fraction(1, 3)] * 3
    game = TabularGame(
        {
            0: {0: [(1, "end", 1000, True)], 1: [(1, "end", 1000, True)], 2: [(1, 1, 1000, False)]},
            1: {action: [(1, "end", 1000, True)] for action in range(3)},
        },
        start=0,
        horizon=2,
    )
    policy = TabularPolicy(game, {0: three, 1: three})
    result = check(product_of_sums, game, policy, batch=2, **QUICK)
    assert result.verdict == "biased"
    assert not result.expected_gradient.any()


def test_a_mistake_that_cancels_is_named():
    assert "broadcast_with_centred_advantages" in names(check(product_of_means, **QUICK))


@pytest.mark.parametrize("unit", [1e-10, 1e10])
def test_control_a_right_loss_in_other_units_has_a_gradient(unit):
    result = check(lambda policy, episodes: unit * reinforce(policy, episodes), **QUICK)
    assert result.verdict == "proportional"
    assert result.scale == pytest.approx(unit, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-10, 1e10])
def test_what_is_named_does_not_depend_on_units(unit):
    def by_the_largest(policy, episodes):
        totals = episodes.future_returns[episodes.time_steps == 0]
        weights = episodes.future_returns - totals.mean()
        weights = weights / (weights.abs().max() + 0.1)
        return -(log_probs(policy, episodes) * weights).sum() / episodes.num_episodes

    found = check(by_the_largest, batch=2, **QUICK), check(lambda p, e: unit * by_the_largest(p, e), batch=2, **QUICK)
    assert found[0].verdict == found[1].verdict
    assert names(found[0]) == names(found[1])


def one_step(*rewards):
    return TabularGame({0: {action: [(1, "end", reward, True)] for action, reward in enumerate(rewards)}}, 0, 1)


SIXTHS = {0: [Fraction(number, 6) for number in (1, 2, 3)]}


def weighed(weights, unit=1.0):
    return lambda policy, e: -unit * (log_probs(policy, e) * weights(e)).sum()


SMALL_AND_RIGHT = {
    "a large constant taken off": (weighed(lambda e: e.future_returns - 1e5), one_step(100_000, 100_001, 100_002)),
    "at a threshold": (weighed(lambda e: e.future_returns >= 1, 1e-8), one_step(1, 0, 0)),
    "cut to whole numbers": (weighed(lambda e: e.future_returns.long(), 1e-13), one_step(1, 0, 0)),
}


@pytest.mark.parametrize(("loss", "game"), SMALL_AND_RIGHT.values(), ids=SMALL_AND_RIGHT)
def test_control_what_is_small_beside_the_returns_or_stands_at_a_threshold_has_a_gradient(loss, game):
    assert check(loss, game, SIXTHS, batch=2, **QUICK).verdict == "proportional"


@pytest.mark.parametrize("size", [1e3, 1e5])
def test_control_what_a_large_constant_hides_is_no_rounding(size):
    loss = weighed(lambda e: e.future_returns - size + e.actions)
    assert check(loss, one_step(size, size, size), SIXTHS, batch=2, **QUICK).verdict == "biased"


def test_control_what_hangs_on_the_last_digits_of_returns_is_not_zero_for_that():
    loss = weighed(lambda e: 1e-4 * torch.frac(e.future_returns / 7 * 1e15))
    result = check(loss, one_step(1, 2, 3), SIXTHS, batch=2, **QUICK)
    assert result.expected_gradient.any()


def test_control_a_loss_may_insist_on_its_rewards():
    def insists(policy, episodes):
        assert ((episodes.rewards == 0) | (episodes.rewards == 1)).all()
        return 1e-14 * reinforce(policy, episodes)

    assert check(insists, one_step(1, 0, 0), SIXTHS, batch=2, **QUICK).verdict == "proportional"
