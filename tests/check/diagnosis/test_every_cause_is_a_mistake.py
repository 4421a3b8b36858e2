"""Each cause's exact expected gradient points off the true gradient, and only where what it needs is there."""

import re
from dataclasses import fields, replace
from functools import partial

import pytest
import torch
from torch.func import functional_call, grad, vmap

from gradcheck import policy_gradient
from gradcheck.causes.catalogue import MISTAKES, TERMS
from gradcheck.causes.component import Feature
from gradcheck.causes.parts import Surrogate
from gradcheck.estimators import action_log_probs, log_prob
from gradcheck.estimators.averages import over_episodes, over_steps
from tests.check.diagnosis.cause_gradients import (
    FORMS,
    SETTINGS,
    expected_gradient,
    features,
    loss_of,
    of_form,
    parallel,
    setting,
)

# Wrong also without what they need; there they are another cause, which is the one to name.
ANOTHER_CAUSE = {
    "geometric_sequence_ratio": "sequence_mean",
    "gae_without_critic": "discounts_undiscounted_game",
    "run_on_returns": "run_on_returns, which has an entry for discounted games",
}

# What follows from the lengths of the episodes is the same in all batches that are computed at once.
COMMON = {"dones", "episode_index", "time_steps", "terminated", "truncated", "lengths", "num_episodes", "discount"}

# Torch's functional gradients do not see these: they fall back to a loop.
DIFFERENTIATE_FOR_THEMSELVES = {"gradient_clipped", "gradient_normalised"}

EASY = {
    Feature.OFF_POLICY,
    Feature.CUT,
    Feature.DISCOUNT,
    Feature.ILLEGAL,
}  # without which a cause is no mistake at all


def per_step_ratios(policy, episodes):
    ratios = (action_log_probs(policy, episodes) - episodes.log_probs).exp()
    return -(ratios * episodes.future_returns).sum() / episodes.num_episodes


@pytest.fixture(scope="module", name="truths")
def truths_fixture():
    """{setting: the gradients that count as true}."""
    found = {}
    for where in SETTINGS:
        policy, _, game = setting(*where)
        if Feature.CUT in features(where):
            found[where] = [expected_gradient(Surrogate(average=a), *where) for a in (over_steps, over_episodes)]
        else:
            found[where] = [policy_gradient(game, policy)["weight"].flatten()]
        if Feature.OFF_POLICY in features(where):
            found[where].append(expected_gradient(per_step_ratios, *where))
    return found


def is_right(gradient, truths):
    return any(parallel(gradient, truth) for truth in truths)


def test_a_right_loss_is_right_everywhere(truths):
    # The control: if it were wrong somewhere, the next test would find a mistake in anything.
    for where, exact in truths.items():
        loss = per_step_ratios if Feature.OFF_POLICY in features(where) else Surrogate()
        assert is_right(expected_gradient(loss, *where), exact), where
    plain = ("complete_episodes", "unequal_lengths", 2)
    torch.testing.assert_close(expected_gradient(log_prob, *plain), truths[plain][0], rtol=1e-12, atol=1e-12)


def test_every_cause_is_wrong_where_it_is_asked_for(truths):
    names, wrong = set(), set()
    for number, (cause, _) in enumerate(FORMS):
        names.add((cause.name, cause.title))
        for where in SETTINGS:
            # Where the policy has moved, whatever lacks a ratio is wrong; that shows nothing about other mistakes.
            off_policy = Feature.OFF_POLICY in features(where)
            asked = cause.features <= features(where) and off_policy == (Feature.OFF_POLICY in cause.features)
            if asked and not is_right(of_form(number, where), truths[where]):
                wrong.add((cause.name, cause.title))
                break
    assert not names - wrong


def test_a_cause_is_no_mistake_where_its_need_is_not_met(truths):
    first, wrong = set(), set()
    for number, (cause, _) in enumerate(FORMS):
        if cause.name in first or not cause.features or not cause.features <= EASY:
            continue
        first.add(cause.name)
        for where in SETTINGS:
            on_policy = Feature.OFF_POLICY not in features(where)
            if (
                on_policy
                and not cause.features & features(where)
                and not is_right(of_form(number, where), truths[where])
            ):
                wrong.add(cause.name)
    assert wrong == set(ANOTHER_CAUSE)
    assert len(first) > 15


def test_titles_and_remedies_are_short_sentences():
    for one in [*MISTAKES, *TERMS]:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", one.name), one
        for text in (one.title, one.remedy):
            assert text.endswith("."), one
            assert not text.endswith(".."), one
            assert text[0].isupper(), one
            assert len(text) <= 160, one


def test_there_are_many():
    assert len({cause.name for cause in MISTAKES}) >= 75
    assert len({term.name for term in TERMS}) >= 14


def test_a_batch_of_one_episode_is_no_reason_to_fail():
    policy, batches, _ = setting("complete_episodes", "unequal_lengths", 2)
    single = batches[-1][1].select([0])
    for one in [*MISTAKES, *TERMS]:
        for form in one.forms:
            assert made(one, form)(policy, single).shape == (), one.name


def made(mistake, form):
    return form.loss if mistake.is_term else loss_of(form, ("complete_episodes", "unequal_lengths", 2))


class Asked(torch.nn.Module):
    """A loss with its policy, so that torch can put other numbers in place of the parameters."""

    def __init__(self, loss, policy):
        super().__init__()
        self.policy, self.loss = policy, (loss,)

    def forward(self, batch):
        return self.loss[0](self.policy, batch)


@pytest.mark.parametrize("probe", ["three_arms", "unequal_lengths"])
def test_causes_can_be_vectorised_over_batches(probe):
    policy, batches, _ = setting("complete_episodes", probe, 2)
    lengths = batches[-1][1].lengths
    alike = [batch for _, batch in batches if batch.lengths.equal(lengths)][:3]
    varying = [f.name for f in fields(alike[0]) if f.name not in COMMON]
    parts = {name: torch.stack([getattr(batch, name) for batch in alike]) for name in varying}
    weights = {f"policy.{name}": parameter.detach() for name, parameter in policy.named_parameters()}

    def value(asked, parameters, some):
        return functional_call(asked, parameters, (replace(alike[0], **some),))

    last_forms = {one.name: made(one, one.forms[-1]) for one in [*MISTAKES, *TERMS]}
    for name, mistaken in last_forms.items():
        if name in DIFFERENTIATE_FOR_THEMSELVES:
            continue
        each = vmap(grad(partial(value, Asked(mistaken, policy))), in_dims=(None, 0))
        together = each(weights, parts)["policy.weight"]
        for number, batch in enumerate(alike):
            loss = mistaken(policy, batch)
            (alone,) = torch.autograd.grad(loss, [policy.weight], allow_unused=True, materialize_grads=True)
            torch.testing.assert_close(together[number], alone, rtol=1e-9, atol=1e-9, equal_nan=True, msg=name)
