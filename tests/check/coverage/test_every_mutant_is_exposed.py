"""Each single change of twelve losses changes an expected gradient on some probe, unless it changes none anywhere."""

from functools import cache

import pytest
import torch

from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.shared_critic import apart_from_critic, shares_layers
from gradcheck.estimators.threads import one_thread
from tests.check import brute_force
from tests.check.coverage.equivalent_mutants import EQUIVALENT
from tests.check.coverage.features import cases_of
from tests.check.random_losses.mutants import mutants_of
from tests.check.random_losses.reference_losses import WITH_CONDITIONS
from tests.exhaustive import exhaustive, one_of_each

SIZE = 3
MOST = 5_000
#: Relative to the gradient of the loss that was mutated; rounding is a thousand times smaller.
SAME = 1e-9
MUTANTS = [(mutant, condition, policy) for loss, condition, policy in WITH_CONDITIONS for mutant in mutants_of(loss)]


def name(parameter):
    return parameter[0].name


@cache
def cases(condition, policy):
    return cases_of(condition, policy=policy)


def gradients(loss, condition, policy):
    """[P] for each probe; None where the loss cannot be judged."""
    found = []
    for case in cases(condition, policy):
        size = max(4, SIZE) if condition == "groups" else SIZE
        if shares_layers(case):
            apart = apart_from_critic(loss, case, size=size, learning_rate=None)
            found.append(torch.tensor([float(case is apart.case)]))
            case = apart.case  # noqa: PLW2901 - it is examined in its place
        expected = ExpectedGradient(loss, case, size=size, max_batches=MOST, sequences=False)
        found.append(expected.at(size).mean)
    return found


@cache
def of_reference(loss, condition, policy):
    return gradients(loss, condition, policy)


@one_thread()
def exposed(loss, mutant, condition, policy):
    """Whether some probe tells the mutant from the loss; one that cannot be judged is told at once."""
    try:
        found = gradients(mutant.compiled(), condition, policy)
    except Exception:  # whatever a mutant may raise
        return True
    pairs = zip(of_reference(loss, condition, policy), found, strict=True)
    return any(float((a - b).norm()) > SAME * (1e-3 + float(a.norm())) for a, b in pairs)


def of(parameter):
    mutant, condition, policy = parameter
    return exposed(mutant.function, mutant, condition, policy)


def place(parameter):
    return name(parameter).partition(":")[0]


@pytest.mark.parametrize("parameter", one_of_each(MUTANTS, place), ids=name)
def test_a_mutant_is_exposed_or_known_to_be_equivalent(parameter):
    assert of(parameter) is not (name(parameter) in EQUIVALENT)


@exhaustive
@pytest.mark.parametrize("parameter", [one for one in MUTANTS if name(one) in EQUIVALENT], ids=name)
def test_brute_force_says_so_of_those_that_are_not(parameter):
    mutant, condition, policy = parameter
    for case in cases(condition, policy):
        if case.rough:
            continue
        setting = brute_force.Setting(case.name, condition, case.tree.game, case.policy, case.behaviour or case.policy)
        size = (2, 2) if condition == "groups" else SIZE
        a, b = (brute_force.expected_gradient(loss, setting, size) for loss in (mutant.function, mutant.compiled()))
        assert float((a - b).norm()) <= SAME * (1e-3 + float(a.norm()))


def test_there_are_twelve_losses_and_hundreds_of_mutants():
    assert len(WITH_CONDITIONS) == 12
    assert len(MUTANTS) >= 400
    assert {condition for _, condition, _ in WITH_CONDITIONS} <= set(CONDITIONS)
    assert set(EQUIVALENT) <= set(map(name, MUTANTS))


def test_control_a_loss_is_not_told_from_itself():
    loss, condition, policy = WITH_CONDITIONS[0]
    pairs = zip(gradients(loss, condition, policy), of_reference(loss, condition, policy), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
