"""Numbers that papers and hand calculations give, found by checking a loss on their small games."""

import math

import pytest
import torch
from torch.distributions import Categorical

from gradcheck import TabularGame, TabularPolicy, check, estimators

#: T1: two arms, rewards 1 and 0, P(arm 0) = p. T2: three arms. T3: stop, or pay and go on. T4: a rare prize.
BANDIT = TabularGame({"s": {a: [(1, "e", r, True)] for a, r in enumerate((0, 1, 4))}}, "s", 1)
STOP_GO = TabularGame(
    {
        "first": {0: [(1, "e", 1, True)], 1: [(1, "second", -1, False)]},
        "second": {0: [(1, "e", 0, True)], 1: [(1, "e", 4, True)]},
    },
    "first",
    2,
    observations={"first": (1, 0), "second": (0, 1)},
)
PRIZE = TabularGame({"s": {0: [("1/10", "e", 10, True), ("9/10", "e", 0, True)], 1: [(1, "e", "1/2", True)]}}, "s", 1)
STOP_GO_POLICY = {(1, 0): ("1/3", "2/3"), (0, 1): ("3/4", "1/4")}
OPTIONS = {"counterexample": False, "all_conditions": False}


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def totals(e):
    return torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)


def bandit():
    return TabularPolicy(BANDIT, {"s": ("1/3", "1/2", "1/6")})


def stop_go():
    return TabularPolicy(STOP_GO, STOP_GO_POLICY)


def ratios(loss, game, policy, **options):
    """Expected over true gradient, for each coordinate that is not zero."""
    result = check(loss, game, policy, **OPTIONS, **options)
    found, true = result.expected_gradient, result.true_gradient
    return (found[true.abs() > 1e-9] / true[true.abs() > 1e-9]).tolist()


def test_the_gradient_of_the_three_armed_bandit():
    result = check(estimators.log_prob, BANDIT, bandit(), **OPTIONS)
    assert result.true_gradient.tolist() == pytest.approx([-7 / 18, -1 / 12, 17 / 36], abs=1e-12)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_leave_one_out_is_unbiased_and_the_batch_mean_is_not_quite(size):
    """Kool et al. (2019): 1 beside (N - 1) / N."""

    def leave_one_out(policy, e):
        r = totals(e)
        return -(log_probs(policy, e) * (r - (r.sum() - r) / (len(r) - 1))).mean()

    def batch_mean(policy, e):
        r = totals(e)
        return -(log_probs(policy, e) * (r - r.mean())).mean()

    assert check(leave_one_out, BANDIT, bandit(), batch=size, **OPTIONS).verdict == "unbiased"
    own = check(batch_mean, BANDIT, bandit(), batch=size, **OPTIONS)
    assert own.verdict == "proportional"
    assert own.scale == pytest.approx((size - 1) / size, rel=1e-12)


def group_std(policy, e):
    r = totals(e)
    advantages = (r - r.mean()) / (r.std(correction=0) + 1e-12)
    return -(log_probs(policy, e) * advantages[e.episode_index]).mean()


@pytest.mark.parametrize(
    ("size", "factor"),
    [(2, lambda p: 1), (3, lambda p: math.sqrt(2)), (4, lambda p: 3**0.5 + (3 - 2 * 3**0.5) * p * (1 - p))],
)
@pytest.mark.parametrize("p", [0.25, 0.5, 0.8])
def test_dividing_by_the_deviation_weighs_prompts_by_difficulty_from_four_on(size, factor, p):
    """Liu et al. (2025): with binary rewards the weight depends on the success rate, from groups of four on."""
    game = TabularGame({"s": {0: [(1, "e", 1, True)], 1: [(1, "e", 0, True)]}}, "s", 1)
    result = check(group_std, game, TabularPolicy(game, {"s": (p, 1 - p)}), batch=size, **OPTIONS)
    # The clamp of 1e-12 moves the quotient by as much.
    assert result.scale == pytest.approx(factor(p), rel=1e-9)


def test_dividing_by_the_deviation_turns_three_arms_and_reverses_the_prize():
    assert ratios(group_std, BANDIT, bandit(), batch=2)[:2] == pytest.approx([4 / 7, -1], rel=1e-9)
    policy = TabularPolicy(PRIZE, {"s": ("1/2", "1/2")})
    assert ratios(group_std, PRIZE, policy, batch=2)[0] == pytest.approx(-8 / 5, rel=1e-9)
    # As the batch grows its deviation tends to a constant; many groups of two have that of two for ever.
    assert check(group_std, PRIZE, policy, batch=2, **OPTIONS).verdict == "consistent"

    def by_groups(policy, e):
        r = totals(e).reshape(-1, 2)
        advantages = (r - r.mean(1, keepdim=True)) / (r.std(1, keepdim=True, correction=0) + 1e-12)
        return -(log_probs(policy, e) * advantages.reshape(-1)[e.episode_index]).mean()

    result = check(by_groups, PRIZE, policy, batch=(2, 2), collect="groups", **OPTIONS)
    assert result.verdict == "biased"
    assert result.probes[0].scale == pytest.approx(-8 / 5, rel=1e-9)


def test_statistics_of_all_groups_tend_to_constants_as_there_are_more_groups():
    def over_all(policy, e):
        r = totals(e)
        return -(log_probs(policy, e) * ((r - r.mean()) / (r.std(correction=0) + 1e-12))[e.episode_index]).mean()

    assert check(over_all, BANDIT, bandit(), batch=(2, 2), collect="groups", **OPTIONS).verdict == "consistent"


def test_three_ways_to_average_over_unequal_lengths():
    """T3: 1/length turns it at every size; a constant divisor only scales; the token mean turns less and less."""

    def sequence_mean(policy, e):
        terms = log_probs(policy, e) * e.future_returns / e.lengths[e.episode_index]
        return -terms.sum() / e.num_episodes

    def constant(policy, e):
        return -(log_probs(policy, e) * e.future_returns).sum() / (2 * e.num_episodes)

    def token_mean(policy, e):
        return -(log_probs(policy, e) * e.future_returns).mean()

    assert sorted(ratios(sequence_mean, STOP_GO, stop_go(), batch=1)) == pytest.approx([1 / 2, 1 / 2, 1, 1])
    assert ratios(constant, STOP_GO, stop_go(), batch=1) == pytest.approx([1 / 2] * 4)
    mean_length = 5 / 3
    first, *_, last = (mean_length * r for r in ratios(token_mean, STOP_GO, stop_go(), batch=1))
    assert (first, last) == pytest.approx((5 / 3, 5 / 6))
    quotients = [ratios(token_mean, STOP_GO, stop_go(), batch=n) for n in (1, 2, 3, 5)]
    turns = [row[0] / row[-1] for row in quotients]
    assert turns == sorted(turns, reverse=True)
    assert [mean_length * r for r in (quotients[-1][0], quotients[-1][-1])] == pytest.approx([1.10, 0.97], abs=0.005)
    assert check(token_mean, STOP_GO, stop_go(), **OPTIONS).verdict == "consistent"


def test_buffers_that_begin_with_a_reset_count_first_steps_more_often():
    """T6: the right estimator in a buffer of S steps, over the gradient of the return: 1.33 and 1.00 at 2."""

    def right(policy, e):
        return -(log_probs(policy, e) * e.future_returns).sum()

    truth = check(right, STOP_GO, stop_go(), **OPTIONS).true_gradient
    for steps, first, second in ((2, 1.33, 1.00), (6, 3.82, 3.27)):
        result = check(right, STOP_GO, stop_go(), batch=steps, collect="steps", **OPTIONS)
        assert result.verdict == "unbiased"
        quotient = (result.expected_gradient / truth).tolist()
        assert quotient == pytest.approx([first, first, second, second], abs=0.005)


def test_returns_that_run_on_are_right_for_complete_episodes_and_wrong_in_a_buffer():
    def run_on(policy, e):
        returns = e.rewards.flip(0).cumsum(0).flip(0)
        return -(log_probs(policy, e) * returns).sum() / e.num_episodes

    assert check(run_on, STOP_GO, stop_go(), batch=2, **OPTIONS).verdict == "unbiased"
    assert check(run_on, STOP_GO, stop_go(), batch=3, collect="steps", **OPTIONS).verdict == "biased"


@pytest.mark.parametrize(("p", "least", "most"), [(0.3, 0.42, 0.0), (0.7, 0.0, 0.42)])
def test_the_clip_of_ppo_and_the_clip_on_the_wrong_side(p, least, most):
    """C10: sampled at p = 1/2 with advantages +1 and -1; min and max are opposites once the parameters have moved."""
    game = TabularGame({"s": {0: [(1, "e", 1, True)], 1: [(1, "e", -1, True)]}}, "s", 1)

    def clip(pick):
        def loss(policy, e):
            ratio = (log_probs(policy, e) - e.log_probs).exp()
            a = e.rewards
            return -pick(ratio * a, ratio.clamp(0.8, 1.2) * a).sum() / e.num_episodes

        return loss

    policy = TabularPolicy(game, {"s": (p, 1 - p)})
    for pick, wanted in ((torch.minimum, least), (torch.maximum, most)):
        result = check(clip(pick), game, policy, behaviour={"s": ("1/2", "1/2")}, batch=1, **OPTIONS)
        assert result.expected_gradient[0].item() == pytest.approx(wanted, abs=1e-12)


def test_control_the_gradient_of_another_policy_would_be_noticed():
    result = check(estimators.log_prob, BANDIT, TabularPolicy(BANDIT), **OPTIONS)
    assert result.true_gradient.tolist() != pytest.approx([-7 / 18, -1 / 12, 17 / 36], abs=1e-2)
