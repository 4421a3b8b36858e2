"""With a critic on the actor's layers, value losses are right, and advantages that are not detached are wrong."""

import pytest
from torch.nn.functional import smooth_l1_loss

from gradcheck import check
from tests.check.coverage.judged import judgement, log_probs, named


def with_critic(of_actor, of_critic=lambda values, episodes, following: 0.0):
    """The sum of both parts, divided by the number of episodes."""

    def loss(policy, episodes):
        _, values = policy(episodes.observations)
        _, following = policy(episodes.next_observations)
        actor = (log_probs(policy, episodes) * of_actor(values, episodes)).sum()
        return (of_critic(values, episodes, following * ~episodes.terminated) - actor) / episodes.num_episodes

    return loss


def detached(values, episodes):
    return episodes.future_returns - values.detach()


def attached(values, episodes):
    return episodes.future_returns - values


def squares(values, episodes, following):
    return (values - episodes.future_returns).pow(2).sum() / 2


def weighed_by_ratios(policy, episodes):
    _, values = policy(episodes.observations)
    taken = log_probs(policy, episodes)
    ratios = (taken - episodes.log_probs + 0.1 * taken).exp().detach()
    errors = ratios * (values - episodes.future_returns).pow(2)
    return (errors.sum() / 2 - (taken * episodes.future_returns).sum()) / episodes.num_episodes


def soft_target(policy, episodes):
    logits, values = policy(episodes.observations)
    entropy = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1).detach()
    errors = values - episodes.future_returns - 0.1 * entropy
    return (errors.pow(2).sum() - (log_probs(policy, episodes) * episodes.future_returns).sum()) / episodes.num_episodes


RIGHT = {
    "no value loss": with_critic(detached),
    "half the squared error": with_critic(detached, squares),
    "a small value loss": with_critic(detached, lambda v, e, f: 1e-3 * squares(v, e, f)),
    "a huge value loss": with_critic(detached, lambda v, e, f: 100 * squares(v, e, f)),
    "one step, the next value detached": with_critic(
        detached, lambda v, e, f: (v - e.rewards - f.detach()).pow(2).sum() / 2
    ),
    "Huber's error": with_critic(detached, lambda v, e, f: smooth_l1_loss(v, e.future_returns, reduction="sum")),
    "plain returns and a value loss": with_critic(lambda v, e: e.future_returns, squares),
    "errors weighed by detached ratios": weighed_by_ratios,
    "a soft target": soft_target,
}


def weighed_by_ratios_with_their_graph(policy, episodes):
    _, values = policy(episodes.observations)
    taken = log_probs(policy, episodes)
    errors = (taken - episodes.log_probs).exp() * (values - episodes.future_returns).pow(2)
    return (errors.sum() / 2 - (taken * episodes.future_returns).sum()) / episodes.num_episodes


WRONG = {
    "not detached": (with_critic(attached), "advantage_not_detached"),
    "not detached, with a value loss": (with_critic(attached, squares), "advantage_not_detached"),
    "not detached, with a large value loss": (
        with_critic(attached, lambda v, e, f: 50 * squares(v, e, f)),
        "advantage_not_detached",
    ),
    "a value loss of the wrong sign": (
        with_critic(detached, lambda v, e, f: -squares(v, e, f)),
        "value_loss_of_wrong_sign",
    ),
    "a value loss of the wrong sign, one step": (
        with_critic(detached, lambda v, e, f: -(v - e.rewards - f.detach()).pow(2).sum()),
        "value_loss_of_wrong_sign",
    ),
}


@pytest.mark.parametrize(**named(RIGHT))
def test_value_losses_are_right(loss):
    found = judgement(loss, policy="logits_and_value", batch=2)
    assert found.verdict == "unbiased"
    assert {"shared_trunk"} <= {case.case.name for case in found.cases}


@pytest.mark.parametrize("name", WRONG)
def test_what_else_flows_into_shared_layers_is_noticed_and_named(name):
    loss, cause = WRONG[name]
    result = check(loss, policy="logits_and_value", batch=2, counterexample=False, all_conditions=False)
    assert result.verdict == "biased"
    assert result.findings[0].cause == cause


@pytest.mark.parametrize("condition", ["groups", "discounted", "moved_parameters", "fixed_steps"])
def test_under_other_conditions_too(condition):
    loss, _ = WRONG["not detached, with a value loss"]
    found = {case.case.name: case for case in judgement(loss, policy="logits_and_value", conditions=condition).cases}
    assert found["shared_trunk"].comparison.verdict == "biased"


def test_the_note_says_which_was_met():
    said = judgement(RIGHT["half the squared error"], policy="logits_and_value", batch=2).result.note
    assert "the gradient of a value loss" in said


def test_control_a_critic_of_its_own_hides_it():
    found = judgement(WRONG["not detached"][0], policy="logits_and_value", batch=2)
    assert {case.case.name for case in found.cases if case.comparison.verdict == "biased"} == {"shared_trunk"}


def test_control_ratios_that_weigh_errors_with_their_graph_are_no_value_loss():
    assert not check(weighed_by_ratios_with_their_graph, policy="logits_and_value", batch=2, all_conditions=False)
