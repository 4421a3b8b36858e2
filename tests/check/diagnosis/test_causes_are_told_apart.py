"""No two causes have the same expected gradient everywhere, but for those that cannot be told apart by it."""

import torch

from gradcheck.causes.cause import Term
from gradcheck.causes.library import CAUSES, TERMS
from gradcheck.causes.parts import surrogate
from tests.check.diagnosis.cause_gradients import SETTINGS, expected_gradient, of_cause, parallel

# Names that share an expected gradient everywhere, in at least one of their forms.
SYNONYMS = {
    # Exactly zero, on every batch: no numbers can tell why.
    frozenset({"broadcast_with_centred_advantages", "fresh_action", "ratio_constant"}),
    # With two groups of two, every group is normalised with either group's statistics equally often.
    frozenset({"statistics_of_the_first_group", "statistics_of_other_group"}),
    # The terms of groups whose returns are equal are 0; without them only the divisor is another.
    frozenset({"equal_groups_dropped", "self_inclusive_mean"}),
    # The first episode of a batch begins as all others do.
    frozenset({"first_step_of_batch_only", "first_step_only"}),
    # min(r, clip(r)) = min(r, 1 + ε); two caps act alike where no ratio lies between them.
    frozenset({"truncated_weights", "clip_before_advantage"}),
}

# The divergence from the uniform policy is minus the entropy, up to a constant.
SAME_TERMS = {frozenset({"entropy_bonus", "kl_full"}), frozenset({"entropy_penalty", "kl_reward"})}

NOT_ON_PROBES = {"value_loss_reaches_policy"}  # the critic of the probes shares nothing with their policy


def classes(numbers, gradient, names, settings):
    """Those that are alike in all settings, split setting by setting; what has one name need not be told apart."""
    if not settings or len({names[number] for number in numbers}) < 2:
        return [numbers]
    where, *rest = settings
    found = []
    for number in numbers:
        value = gradient(number, where)
        same = next((some for first, some in found if parallel(value, first)), None)
        if same is None:
            found.append((value, [number]))
        else:
            same.append(number)
    return [part for _, some in found for part in classes(some, gradient, names, rest)]


def alike(numbers, gradient, names, settings=SETTINGS):
    """{names that are not told apart}."""
    parts = [frozenset(names[number] for number in part) for part in classes(numbers, gradient, names, settings)]
    return {part for part in parts if len(part) > 1}


def test_causes_are_told_apart_but_for_those_that_cannot_be():
    names = [cause.name for cause in CAUSES]
    assert alike(list(range(len(CAUSES))), of_cause, names) == SYNONYMS


def test_terms_are_told_apart_but_for_those_that_cannot_be():
    known = {}

    def gradient(number, where):
        if (number, where) not in known:
            known[number, where] = of_term(TERMS[number], where)
        return known[number, where]

    names = [term.name for term in TERMS]
    numbers = [number for number, name in enumerate(names) if name not in NOT_ON_PROBES]
    assert alike(numbers, gradient, names) == SAME_TERMS
    for number in numbers:
        assert any(gradient(number, where).norm() > 1e-6 for where in SETTINGS), names[number]


def of_term(term: Term, where):
    return expected_gradient(term.loss, *where)


def test_one_loss_under_two_names_is_found():
    # The control: twice the right loss, and the right loss written with a sum.
    losses = [surrogate(), lambda policy, episodes: 2 * surrogate()(policy, episodes), surrogate(sign=1.0)]
    found = alike([0, 1, 2], lambda n, where: expected_gradient(losses[n], *where), ["once", "twice", "minus"])
    assert found == {frozenset({"once", "twice"})}


def test_a_factor_between_settings_that_differs_is_not_noticed_and_a_direction_is():
    g = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert parallel(g, 3 * g)
    assert not parallel(g, -g)
    assert not parallel(g, g + torch.tensor([1e-6, 0.0]))
    assert not parallel(g, g * torch.nan)
