"""Hooks that a loss leaves on the policy of a probe reach no later check, and options no other check's answers."""

import torch

from gradcheck import check
from gradcheck.estimators import action_log_probs, log_prob

QUICK = {"counterexample": False, "all_conditions": False}


def immediate_rewards(policy, episodes):
    return -(action_log_probs(policy, episodes) * episodes.rewards).sum() / episodes.num_episodes


def undiscounted_weights(policy, episodes):
    return log_prob(policy, episodes)


def halves_what_the_policy_says(policy, episodes):
    if not policy._forward_hooks:
        policy.register_forward_hook(lambda module, inputs, output: output / 2)
    return immediate_rewards(policy, episodes)


def clamps_gradients(policy, episodes):
    for parameter in policy.parameters():
        if not parameter._backward_hooks:
            parameter.register_hook(lambda gradient: gradient.clamp(-0.5, 0.5))
    return immediate_rewards(policy, episodes)


def numbers(result):
    return torch.cat([result.expected_gradient, result.true_gradient]), [one.cause for one in result.findings]


def test_later_checks_are_as_if_it_had_not_been_there():
    # Seeds of their own: nothing is known of these probes yet.
    for seed, loss in ((71, halves_what_the_policy_says), (72, clamps_gradients)):
        check(loss, seed=seed, **QUICK)
        assert check(immediate_rewards, seed=seed, **QUICK).findings[0].cause == "immediate_reward"


def test_control_such_a_loss_is_judged_with_its_hooks():
    plain = check(immediate_rewards, seed=73, **QUICK)
    hooked = check(clamps_gradients, seed=73, **QUICK)
    assert not torch.allclose(plain.expected_gradient, hooked.expected_gradient)


def test_two_discounts_in_one_process_are_two_answers():
    options = {"conditions": "discounted", **QUICK}
    first = {d: numbers(check(undiscounted_weights, discount=d, seed=74, **options)) for d in ("1/2", "9/10")}
    again = {d: numbers(check(undiscounted_weights, discount=d, seed=74, **options)) for d in ("9/10", "1/2")}
    for d in first:
        assert torch.equal(first[d][0], again[d][0])
        assert first[d][1] == again[d][1] == ["discount_missing"]
    assert not torch.allclose(first["1/2"][0], first["9/10"][0])


def test_two_groupings_in_one_process_are_two_answers():
    def by_group_deviation(policy, episodes):
        returns = torch.zeros(episodes.num_episodes, dtype=torch.float64).index_add(
            0, episodes.episode_index, episodes.rewards
        )
        same = (episodes.group_index[:, None] == episodes.group_index).double()
        mean = same @ returns / same.sum(1)
        deviation = ((same * (returns - mean[:, None]) ** 2).sum(1) / (same.sum(1) - 1)).sqrt()
        advantages = (returns - mean) / (deviation + 1e-8)
        terms = action_log_probs(policy, episodes) * advantages[episodes.episode_index]
        return -terms.sum() / episodes.num_episodes

    found = [check(by_group_deviation, conditions="groups", batch=b, seed=75, **QUICK) for b in ((2, 2), (2, 3))]
    assert [one.findings[0].cause for one in found] == ["group_std", "group_std"]
