"""What ``check`` says a loss expects, and what is true, are what playing every episode and adding up gives."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from gradcheck.checking.conditions.registry import condition_named
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.checking.probes.subjects import Battery
from tests.check import brute_force
from tests.check.corpus import RIGHT, WRONG, kind
from tests.exhaustive import one_of_each

JUDGED = [case for case in WRONG + RIGHT if case.verdict != "refused"]

#: Those that brute force tries on rough probes, too: two batches of episodes, groups, buffers, and moved parameters.
ROUGH = ("reinforce", "token_mean", "grpo_advantages", "truncation_taken_for_an_end", "ppo_as_published")

#: Sums of at most a thousand terms, in another order.
ROUNDING = 1e-10


def is_slow(case):
    """Whether its batches take brute force half a minute."""
    groups = "groups" in case.condition and "+" in case.condition
    return groups or case.name in ("old_log_probs_with_their_graph", "a_column_of_episodes_times_a_row_of_returns")


@cache
def settings(condition, policy, *, rough=False):
    """The games and policies of a condition; only these come from what is tested, their batches do not.

    Rough probes have thousands of batches, and each costs brute force a backward pass: a few losses are tried there.
    """
    made = condition_named(condition).cases(Battery(0, policy), read_options({}))
    return tuple(
        brute_force.Setting(case.name, condition, case.tree.game, case.policy, case.behaviour or case.policy)
        for case in made
        if case.rough == rough
    )


def settings_for(case, *, rough=False):
    return settings(case.condition, case.options.get("policy", "logits"), rough=rough)


def largest_difference(loss, case, checked, *, rough=False):
    """Between the expected gradients of a loss by brute force and those that ``check`` gave; relative where above 1."""
    by_probe = {one.probe: one.expected_gradient for one in checked(case).probes}
    tried = settings_for(case, rough=rough)
    assert set(by_probe) >= {setting.name for setting in tried}
    rate = case.options.get("learning_rate")
    found = []
    for setting in tried:
        g = brute_force.expected_gradient(loss, setting, case.options["batch"], learning_rate=rate)
        found.append(float((g - by_probe[setting.name]).abs().max() / max(1.0, g.abs().max())))
    return max(found)


@pytest.mark.parametrize("case", one_of_each(JUDGED, kind, slow=is_slow), ids=str)
def test_the_expected_gradient(case, checked):
    assert largest_difference(case.loss, case, checked) < ROUNDING


@pytest.mark.parametrize("case", [case for case in JUDGED if case.name in ROUGH], ids=str)
def test_the_expected_gradient_on_rough_probes(case, checked):
    assert largest_difference(case.loss, case, checked, rough=True) < ROUNDING


@pytest.mark.parametrize("case", one_of_each(JUDGED, kind, slow=is_slow), ids=str)
def test_the_true_gradient_is_one_of_those_that_count(case, checked):
    by_probe = {one.probe: one.true_gradient for one in checked(case).probes}
    for setting in settings_for(case):
        every = brute_force.references(
            case.loss,
            setting,
            case.options["batch"],
            objective=case.options.get("objective"),
            learning_rate=case.options.get("learning_rate"),
            reference=case.options.get("reference", "return"),
        )
        assert min(float((t - by_probe[setting.name]).abs().max()) for t in every) < ROUNDING


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")  # torch warns of what the case is about
@pytest.mark.parametrize("case", one_of_each(WRONG + RIGHT, kind, slow=is_slow), ids=str)
def test_the_verdicts_of_the_corpus_are_those_of_brute_force(case):
    found = brute_force.verdict(
        case.loss,
        settings_for(case),
        case.options["batch"],
        objective=case.options.get("objective"),
        learning_rate=case.options.get("learning_rate"),
        reference=case.options.get("reference", "return"),
    )
    assert found == case.verdict


@pytest.mark.parametrize("name", ["reinforce", "grpo_advantages", "truncation_taken_for_an_end", "ppo_as_published"])
def test_control_a_slightly_different_loss_has_another_expected_gradient(name, checked):
    (case,) = (case for case in JUDGED if case.name == name)

    def louder(policy, episodes):
        return case.loss(policy, episodes) * (1 + 1e-8)

    assert largest_difference(louder, case, checked) > ROUNDING


def test_control_at_other_parameters_the_true_gradient_is_another():
    setting = settings("complete_episodes", "logits")[0]
    weight = setting.policy.weight.detach()
    other = ProbePolicy(weight + torch.arange(3.0)[:, None] / 10, weight[:1])
    moved = replace(setting, policy=other, behaviour=other)
    difference = brute_force.true_gradient(setting) - brute_force.true_gradient(moved)
    assert float(difference.abs().max()) > 0.01
