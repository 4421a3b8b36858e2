"""Mistakes with one expected gradient are one finding with its other names; all others are told apart."""

from itertools import combinations

import torch

from gradcheck import check
from gradcheck.causes.catalogue import TERMS
from gradcheck.causes.component import Feature, OtherSteps
from gradcheck.causes.parts import Surrogate
from tests.check.diagnosis.cause_gradients import (
    FORMS,
    SETTINGS,
    expected_gradient,
    features,
    loss_of,
    of_form,
    parallel,
)
from tests.exhaustive import exhaustive

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
    """The numbers that are not told apart, one of each name."""
    parts = [
        {names[number]: number for number in reversed(part)} for part in classes(numbers, gradient, names, settings)
    ]
    return [part for part in parts if len(part) > 1]


def named(loss, where):
    """The first finding, with its other names, under a condition that has what a setting has."""
    has = features(where)
    options = {"conditions": where[0], "batch": 2, "policy": "logits_and_value"}
    if Feature.OFF_POLICY in has:
        options["conditions"] = "moved_parameters"
    if Feature.GROUPS in has:
        options["batch"] = (2, 2)
    first, *_ = check(loss, counterexample=False, all_conditions=False, **options).findings
    return {first.cause, *first.also}


def assert_one_finding_or_told_apart(numbers):
    """Returns how many names of these forms are told apart from all others."""
    names = {number: FORMS[number][0].name for number in numbers}
    found = alike(numbers, of_form, names)
    for part in {frozenset(part): part for part in found}.values():
        needed = frozenset().union(*(FORMS[number][0].features for number in part.values()))
        where = next(where for where in SETTINGS if needed <= features(where) and where[2] < 3)
        said = {name: named(loss_of(FORMS[number][1], where), where) for name, number in part.items()}
        for name, other in combinations(part, 2):
            assert name in said[name]
            # Either they are one finding, or check has cases on which they differ.
            assert (other in said[name]) == (name in said[other]), (name, other, said)
    return len(set(names.values())) - len({name for part in found for name in part})


def test_steps_that_are_left_out_are_one_finding_or_told_apart():
    numbers = [number for number, (mistake, _) in enumerate(FORMS) if isinstance(mistake.replaces, OtherSteps)]
    assert assert_one_finding_or_told_apart(numbers) >= len({FORMS[number][0].name for number in numbers}) // 2


@exhaustive
def test_mistakes_that_cannot_be_told_apart_are_one_finding():
    assert assert_one_finding_or_told_apart(list(range(len(FORMS)))) >= 130  # of 145 names


def test_terms_that_cannot_be_told_apart_are_one_finding():
    names, losses = [], []
    for term in TERMS:
        for form in term.forms if term.name not in NOT_ON_PROBES else ():
            names.append(term.name)
            losses.append(form.loss)
    known = {}

    def gradient(number, where):
        if (number, where) not in known:
            known[number, where] = expected_gradient(losses[number], *where)
        return known[number, where]

    found = alike(list(range(len(names))), gradient, names)
    assert not found  # those that share an expected gradient do so under some conditions only
    for number, name in enumerate(names):
        assert any(gradient(number, where).norm() > 1e-6 for where in SETTINGS), name


def test_one_loss_under_two_names_is_found():
    # The control: twice the right loss, and the right loss written with a sum.
    losses = [Surrogate(), lambda policy, episodes: 2 * Surrogate()(policy, episodes), Surrogate(sign=1.0)]
    found = alike([0, 1, 2], lambda n, where: expected_gradient(losses[n], *where), ["once", "twice", "minus"])
    assert [set(part) for part in found] == [{"once", "twice"}]


def test_a_factor_between_settings_that_differs_is_not_noticed_and_a_direction_is():
    g = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert parallel(g, 3 * g)
    assert not parallel(g, -g)
    assert not parallel(g, g + torch.tensor([1e-6, 0.0]))
    assert not parallel(g, g * torch.nan)
